// Lines that are written in pieces, on two fds in turn, the first piece before there is a world, and one that never ends. Any argument: the
// program crashes then.
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void put(int fd, const char *text) {
    (void)!write(fd, text, strlen(text));
}

static void rest(void) {
    (void)nanosleep(&(struct timespec){0, 1000000}, NULL);
}

int main(int argc, char **argv) {
    (void)argv;
    put(1, "o");
    rest();
    put(1, "ne ");
    rest();
    put(2, "another ");
    put(1, "line\ntwo\n\nthr");
    rest();
    put(2, "one\n");
    put(1, "ee\n");
    rest();
    for (int i = 0; i < 1000; i++)
        put(1, "12345");
    put(1, "\nno end");
    if (argc > 1)
        abort();
    return 0;
}
