#include "cli/process.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

int tick__argv_add(struct tick__argv *args, const char *word) {
    char **grown = realloc(args->argv, (args->count + 2) * sizeof *grown);
    if (!grown)
        return -ENOMEM;
    args->argv = grown;
    grown[args->count] = strdup(word);
    if (!grown[args->count])
        return -ENOMEM;
    grown[++args->count] = NULL;
    return 0;
}

int tick__argv_add_words(struct tick__argv *args, const char *text) {
    wordexp_t words;
    if (!text || !*text)
        return 0;
    int failed = wordexp(text, &words, WRDE_NOCMD);
    if (failed == WRDE_NOSPACE)
        wordfree(&words);
    if (failed)
        return failed == WRDE_NOSPACE ? -ENOMEM : -EINVAL;
    int result = 0;
    for (size_t i = 0; i < words.we_wordc && result == 0; i++)
        result = tick__argv_add(args, words.we_wordv[i]);
    wordfree(&words);
    return result;
}

void tick__argv_fini(struct tick__argv *args) {
    for (size_t i = 0; i < args->count; i++)
        free(args->argv[i]);
    free(args->argv);
    *args = (struct tick__argv){NULL, 0};
}

// Reads fd to its end into memory that is one byte longer, for a NUL.
static int read_all(int fd, char **output, size_t *size) {
    size_t room = 0, used = 0;
    char *bytes = NULL;
    for (;;) {
        if (room - used < 2) {
            room = room ? room * 2 : 65536;
            char *grown = realloc(bytes, room);
            if (!grown) {
                free(bytes);
                return -ENOMEM;
            }
            bytes = grown;
        }
        ssize_t got = read(fd, bytes + used, room - used - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int error = -errno;
            free(bytes);
            return error;
        }
        if (got == 0)
            break;
        used += (size_t)got;
    }
    bytes[used] = '\0';
    *output = bytes;
    *size = used;
    return 0;
}

int tick__process_run(char *const *argv, int quiet, char **output, size_t *size) {
    return tick__process_run_in(&(const struct tick__surrounding_process){0}, argv, quiet, output, size);
}

// What a process passes on to those that it starts: sets it for the next one. Returns what it was, negative: it cannot be had.
static int arrange_addresses(const struct tick__surrounding_process *where) {
    const int before = personality(0xffffffff);
    const int wanted = where->addresses == TICK__ADDRESSES_FIXED ? before | ADDR_NO_RANDOMIZE : before & ~ADDR_NO_RANDOMIZE;
    if (where->addresses == TICK__ADDRESSES_AS_HERE || before < 0)
        return 0;
    return personality((unsigned long)wanted) < 0 ? -EPERM : before;
}

int tick__process_run_in(const struct tick__surrounding_process *where, char *const *argv, int quiet, char **output, size_t *size) {
    int ends[2] = {-1, -1}, result, before;
    pid_t pid;
    posix_spawn_file_actions_t actions;
    if (output) {
        *output = NULL;
        *size = 0;
        if (pipe2(ends, O_CLOEXEC) != 0)
            return -errno;
    }
    posix_spawn_file_actions_init(&actions);
    if (output)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    else
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (quiet)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (where->folder)
        posix_spawn_file_actions_addchdir_np(&actions, where->folder);
    fflush(stdout);
    result = before = arrange_addresses(where);
    if (before >= 0)
        result = -posix_spawnp(&pid, argv[0], &actions, NULL, argv, where->environment ? where->environment : environ);
    if (before >= 0 && where->addresses != TICK__ADDRESSES_AS_HERE)
        personality((unsigned long)before);
    posix_spawn_file_actions_destroy(&actions);
    if (output)
        close(ends[1]);
    if (result == 0) {
        int status, read_result = output ? read_all(ends[0], output, size) : 0;
        if (output)
            close(ends[0]); // before the wait: who has more to say than could be read would not end
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        result = read_result < 0 ? read_result : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (output) {
        close(ends[0]);
    }
    return result;
}

bool tick__process_path(const char *program, char path[PATH_MAX]) {
    const char *folders = getenv("PATH");
    if (strchr(program, '/'))
        return snprintf(path, PATH_MAX, "%s", program) < PATH_MAX && access(path, X_OK) == 0;
    for (const char *at = folders ? folders : "/usr/local/bin:/usr/bin:/bin"; *at;) {
        const size_t length = strcspn(at, ":");
        if (length && snprintf(path, PATH_MAX, "%.*s/%s", (int)length, at, program) < PATH_MAX && access(path, X_OK) == 0)
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}

bool tick__process_found(const char *program) {
    char path[PATH_MAX];
    return tick__process_path(program, path);
}
