// What a command may write to: nothing of the user's is ever harmed. A name that nobody has is taken; an empty file, and one that retick
// wrote, is made anew as a file of the same kind; anything else only with --force, and never what the command reads, nor a folder, a
// device or a fifo. A symbolic link is not followed. Asked before the work, and once more when there is something to write.
#ifndef RETICK_CLI_OUTPUT_H
#define RETICK_CLI_OUTPUT_H

#include <stdbool.h>

enum tick__output_kind {
    TICK__OUTPUT_TRACE,
    TICK__OUTPUT_SCHEDULE,
    TICK__OUTPUT_PICTURE,
    TICK__OUTPUT_JUNIT,
    TICK__OUTPUT_PAGE,
    TICK__OUTPUT_EXPORT
};

struct tick__output_rules {
    bool force;
    const char *reads[4]; // files that the command reads, also as FILE:SCENARIO; NULL: none
};
// 0, or the exit code to end with: the reason has been printed.
int tick__output_check(const struct tick__output_rules *rules, const char *path, enum tick__output_kind kind);
// Whether nothing is at that path, or a file that may be made anew: what was not asked for replaces nothing else.
bool tick__output_is_free(const char *path, enum tick__output_kind kind);
// A trace, and what stands beside it: its schedule, and its twin.
int tick__output_check_both(const struct tick__output_rules *rules, const char *trace);
// The folder that output goes to, made if there is none. 0 or an exit code.
int tick__output_folder(const char *path);

#endif
