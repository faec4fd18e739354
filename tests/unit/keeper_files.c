// Which programs can be guests, and what is said of those that cannot.
//
// wraps: tick__none
#include "sim/keeper/program_file.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/retick-files-XXXXXX";
static char file[TICK_PROGRAM_PATH];
static struct tick_error error;

static const char *in_folder(const char *name) {
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put_file(const char *name, const void *bytes, size_t size, mode_t mode) {
    const int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, mode);
    assert_true(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    chmod(in_folder(name), mode);
}

static void put_elf(const char *name, unsigned char class, uint16_t machine, const char *loader) {
    struct {
        Elf64_Ehdr head;
        Elf64_Phdr parts[2];
        char loader[64];
    } elf = {.head = {.e_type = ET_DYN, .e_machine = machine, .e_phoff = sizeof elf.head, .e_phnum = loader ? 2 : 1}};
    memcpy(elf.head.e_ident, ELFMAG, SELFMAG);
    elf.head.e_ident[EI_CLASS] = class;
    elf.parts[0].p_type = PT_LOAD;
    elf.parts[1] =
        (Elf64_Phdr){.p_type = PT_INTERP, .p_offset = offsetof(__typeof__(elf), loader), .p_filesz = loader ? strlen(loader) + 1 : 0};
    snprintf(elf.loader, sizeof elf.loader, "%s", loader ? loader : "");
    put_file(name, &elf, sizeof elf, 0755);
}

static void put_script(const char *name, const char *text) {
    put_file(name, text, strlen(text), 0755);
}

static void is_refused(const char *name, int code, const char *words) {
    error.text[0] = 0;
    assert_int_equal(tick_program_file(name, folder, file, &error), code);
    if (!strstr(error.text, words))
        fail_msg("%s: \"%s\" lacks \"%s\"", name, error.text, words);
}

static void is_taken(const char *name, const char *expected) {
    if (tick_program_file(name, folder, file, &error) < 0)
        fail_msg("%s: %s", name, error.text);
    assert_string_equal(file, in_folder(expected));
}

#if defined(__x86_64__)
#define OURS EM_X86_64
#define OTHER EM_AARCH64
#else
#define OURS EM_AARCH64
#define OTHER EM_X86_64
#endif
#define GLIBC "/lib64/ld-linux.so.2"

static void programs(void **state) {
    (void)state;
    put_elf("good", ELFCLASS64, OURS, GLIBC);
    is_taken("good", "good");
    char path[TICK_PROGRAM_PATH];
    snprintf(path, sizeof path, "%s", in_folder("good"));
    is_taken(path, "good");
    put_elf("static", ELFCLASS64, OURS, NULL);
    is_refused("static", -ENOEXEC, "is linked statically");
    put_elf("musl", ELFCLASS64, OURS, "/lib/ld-musl-x86_64.so.1");
    is_refused("musl", -ENOEXEC, "is linked with musl");
    put_elf("small", ELFCLASS32, OURS, GLIBC);
    is_refused("small", -ENOEXEC, "of 32 bits");
    put_elf("other", ELFCLASS64, OTHER, GLIBC);
    is_refused("other", -ENOEXEC, "for another processor");
    put_file("short", ELFMAG, SELFMAG, 0755);
    is_refused("short", -ENOEXEC, "damaged");
}

static void not_there(void **state) {
    (void)state;
    is_refused("nowhere", -ENOENT, "nowhere: not found in PATH");
    is_refused("./nowhere", -ENOENT, "./nowhere: no such file");
    put_file("closed", "#!/bin/sh\n", 10, 0644);
    is_refused("closed", -EACCES, "is not executable: chmod +x");
    put_file("noise", "once upon a time", 16, 0755);
    is_refused("noise", -ENOEXEC, "neither a program nor a script");
}

static void scripts(void **state) {
    (void)state;
    char text[300];
    put_elf("good", ELFCLASS64, OURS, GLIBC);
    put_elf("static", ELFCLASS64, OURS, NULL);
    snprintf(text, sizeof text, "#!%s/good -u\nrest", folder);
    put_script("one", text);
    is_taken("one", "one");
    snprintf(text, sizeof text, "#! %s/one\n", folder);
    put_script("two", text);
    is_taken("two", "two");
    put_script("by_env", "#!/usr/bin/env -S A=1 good -u\n");
    is_taken("by_env", "by_env");
    put_script("of_static", "#!/usr/bin/env static\n");
    is_refused("of_static", -ENOEXEC, "is linked statically");
    put_script("of_nobody", "#!/usr/bin/env nobody\n");
    is_refused("of_nobody", -ENOENT, "of_nobody: its first line names an interpreter that is not there: nobody");
    put_script("empty", "#!\n");
    is_refused("empty", -ENOENT, "not there: none");
    snprintf(text, sizeof text, "#!%s/itself\n", folder);
    put_script("itself", text);
    is_refused("itself", -ELOOP, "name each other");
}

static void others_rights(void **state) {
    (void)state;
    if (geteuid() == 0)
        skip(); // whose rights a program gets are its own
    put_elf("good", ELFCLASS64, OURS, GLIBC);
    chmod(in_folder("good"), 04755);
    is_refused("good", -EPERM, "rights of its own");
}

static int clean(void **state) {
    (void)state;
    static const char *const names[] = {"good", "static", "musl", "small", "other", "short", "closed", "noise", "one", "two", "by_env",
        "of_static", "of_nobody", "empty", "itself"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(in_folder(names[i]));
    return rmdir(folder);
}

int main(void) {
    if (!mkdtemp(folder))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs),
        cmocka_unit_test(not_there),
        cmocka_unit_test(scripts),
        cmocka_unit_test(others_rights),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
