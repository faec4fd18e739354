// The library is loaded by the program's dynamic loader, which has to be glibc's, of this machine: ELF's headers say so.
#include "sim/keeper/program_file.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD 4096
#define SCRIPTS_MOST 5 // as Linux has it, or nearly

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#define OUR_NAME "x86-64"
#else
#define OUR_MACHINE EM_AARCH64
#define OUR_NAME "aarch64"
#endif

// --- where it is ---

static bool is_file(const char *path) {
    struct stat s;
    return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

static int look_up(const char *name, const char *path, char *file, struct tick_error *error) {
    if (strchr(name, '/')) {
        snprintf(file, TICK_PROGRAM_PATH, "%s", name);
        return is_file(file) ? 0 : tick_error_set(error, -ENOENT, "%s: no such file", name);
    }
    bool found = false;
    for (const char *at = path ? path : "/usr/local/bin:/usr/bin:/bin"; at;) {
        const size_t length = strcspn(at, ":");
        snprintf(file, TICK_PROGRAM_PATH, "%.*s%s%s", (int)length, at, length ? "/" : "./", name);
        if (is_file(file) && access(file, X_OK) == 0)
            return 0;
        found |= is_file(file);
        at = at[length] ? at + length + 1 : NULL;
    }
    return tick_error_set(
        error, found ? -EACCES : -ENOENT, found ? "%s: found in PATH, but it is not executable: chmod +x" : "%s: not found in PATH", name);
}

// --- what it is ---

struct head {
    char bytes[HEAD + 1];
    size_t size;
    int fd;
};

static bool read_at(int fd, void *to, size_t size, uint64_t at) {
    return pread(fd, to, size, (off_t)at) == (ssize_t)size;
}

// Where the loader's path stands in the file, "" for none.
static void read_loader(const struct head *head, const Elf64_Ehdr *elf, char *loader, size_t size) {
    loader[0] = 0;
    for (unsigned i = 0; i < elf->e_phnum; i++) {
        Elf64_Phdr part;
        if (!read_at(head->fd, &part, sizeof part, elf->e_phoff + (uint64_t)i * sizeof part))
            return;
        if (part.p_type != PT_INTERP)
            continue;
        const size_t length = part.p_filesz < size ? part.p_filesz : size - 1;
        if (!read_at(head->fd, loader, length, part.p_offset))
            loader[0] = 0;
        loader[length] = 0;
        return;
    }
}

static int look_at_elf(const struct head *head, const char *file, struct tick_error *error) {
    Elf64_Ehdr elf;
    char loader[256];
    if (head->size < sizeof elf)
        return tick_error_set(error, -ENOEXEC, "%s: a damaged program", file);
    memcpy(&elf, head->bytes, sizeof elf);
    if (elf.e_ident[EI_CLASS] != ELFCLASS64)
        return tick_error_set(error, -ENOEXEC, "%s is a program of 32 bits: build it for %s (gcc -m64)", file, OUR_NAME);
    if (elf.e_machine != OUR_MACHINE)
        return tick_error_set(error, -ENOEXEC, "%s is a program for another processor than this one: build it for %s", file, OUR_NAME);
    read_loader(head, &elf, loader, sizeof loader);
    if (!loader[0])
        return tick_error_set(error, -ENOEXEC,
            "%s is linked statically: retick is a library that a program's loader loads, and this one has none. Build it without -static"
            " (Go: programs cannot be run yet)",
            file);
    if (strstr(loader, "musl"))
        return tick_error_set(error, -ENOEXEC,
            "%s is linked with musl: retick knows glibc only, so far. Build it for glibc, or use an image"
            " that has it (debian, not alpine)",
            file);
    return 0;
}

static int look_at_rights(const char *file, struct tick_error *error) {
    struct stat s;
    if (stat(file, &s) < 0)
        return tick_error_set(error, -errno, "%s: %s", file, strerror(errno));
    if (s.st_mode & (S_ISUID | S_ISGID) && geteuid() != 0)
        return tick_error_set(error, -EPERM,
            "%s runs with rights of its own (setuid), for which the loader loads nobody's library: use a copy"
            " of it (cp %s .)",
            file, file);
    if (access(file, X_OK) < 0)
        return tick_error_set(error, -EACCES, "%s is not executable: chmod +x %s, or name its interpreter: python3 %s", file, file, file);
    return 0;
}

// The next word of a #! line; NULL at its end.
static char *next_word(char **at) {
    char *word = *at + strspn(*at, " \t");
    if (!*word)
        return NULL;
    *at = word + strcspn(word, " \t");
    if (**at)
        *(*at)++ = 0;
    return word;
}

// "#!/usr/bin/env -S python3 -u": who reads the script, to *file.
static int look_at_script(char *line, const char *path, char *file, struct tick_error *error) {
    char script[TICK_PROGRAM_PATH];
    snprintf(script, sizeof script, "%s", file);
    char *at = line, *word = next_word(&at);
    const char *base = word ? strrchr(word, '/') : NULL;
    if (base && !strcmp(base, "/env"))
        do
            word = next_word(&at);
        while (word && (*word == '-' || strchr(word, '=')));
    struct tick_error inner;
    if (!word || look_up(word, path, file, &inner) < 0)
        return tick_error_set(
            error, -ENOENT, "%s: its first line names an interpreter that is not there: %s", script, word ? word : "none");
    return 0;
}

static int read_head(const char *file, struct head *head, struct tick_error *error) {
    head->fd = open(file, O_RDONLY | O_CLOEXEC);
    const ssize_t got = head->fd < 0 ? -1 : pread(head->fd, head->bytes, HEAD, 0);
    if (got < 0) {
        const int rc = -errno;
        if (head->fd >= 0)
            close(head->fd);
        return tick_error_set(error, rc, "%s: %s", file, strerror(-rc));
    }
    head->size = (size_t)got;
    head->bytes[got] = 0;
    return 0;
}

// 1: a script, whose interpreter is in *file now.
static int look_at(const char *path, char *file, struct tick_error *error) {
    struct head head;
    int rc = look_at_rights(file, error);
    if (rc == 0)
        rc = read_head(file, &head, error);
    if (rc < 0)
        return rc;
    if (head.size >= SELFMAG && !memcmp(head.bytes, ELFMAG, SELFMAG)) {
        rc = look_at_elf(&head, file, error);
    } else if (head.size > 2 && head.bytes[0] == '#' && head.bytes[1] == '!') {
        head.bytes[strcspn(head.bytes, "\n")] = 0;
        rc = look_at_script(head.bytes + 2, path, file, error);
        rc = rc < 0 ? rc : 1;
    } else {
        rc = tick_error_set(error, -ENOEXEC, "%s is neither a program nor a script that begins with #!", file);
    }
    close(head.fd);
    return rc;
}

int tick_program_file(const char *name, const char *path, char *file, struct tick_error *error) {
    int rc = look_up(name, path, file, error);
    char reader[TICK_PROGRAM_PATH];
    snprintf(reader, sizeof reader, "%s", rc < 0 ? "" : file);
    for (int scripts = 0; rc >= 0 && scripts <= SCRIPTS_MOST; scripts++) {
        rc = look_at(path, reader, error);
        if (rc <= 0)
            return rc;
    }
    return rc < 0 ? rc : tick_error_set(error, -ELOOP, "%s: its first lines name each other", name);
}
