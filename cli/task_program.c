// task_program: runs task programs (docs/TASK_PROGRAMS.md), one a line of standard input, and prints the log of each, closed by a blank
// line.
#include "cli/program.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    unsigned long number = 0;
    int code = 0;
    while ((size = getline(&line, &room, stdin)) > 0) {
        struct tick__program *program;
        struct tick_error error = {0};
        number++;
        if (strspn(line, " \t\r\n") == (size_t)size)
            continue;
        int result = tick__program_parse(line, (size_t)size, "task program", &program, &error);
        if (result == 0) {
            result = tick__program_virtual(program, stdout);
            tick__program_free(program);
            putchar('\n');
        }
        if (result < 0) {
            fprintf(stderr, "task_program: line %lu: %s\n", number, error.text[0] ? error.text : tick_error_text(result));
            code = 2;
            break;
        }
    }
    free(line);
    return fflush(stdout) == 0 ? code : 3;
}
