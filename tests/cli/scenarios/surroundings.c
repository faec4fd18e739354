// Each of these logs what only one thing around it decides; but the last two, which log nothing of the kind.
#include <retick.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

extern void *__libc_stack_end;
static char folder[4096], locale[64], variable[64];
static int depth;

__attribute__((constructor)) static void look_around(void) {
    const char *set = getenv("LC_ALL"), *home = getenv("HOME");
    snprintf(locale, sizeof locale, "%s", set ? set : "none");
    snprintf(variable, sizeof variable, "%s", home ? home : "none");
    depth = (int)((char *)__libc_stack_end - (char *)__builtin_frame_address(0)) / 50000;
    if (!getcwd(folder, sizeof folder))
        abort();
}

#define LOGS(name, ...) \
    static int logs_##name(void *unused) { \
        (void)unused; \
        tick_log(__VA_ARGS__); \
        return tick_check(true, "fine"); \
    } \
    TICK_SCENARIO(name, "logs what decides it") { \
        tick_host_add(world, "alice", logs_##name, NULL); \
    }

LOGS(environment, "at home in %s", variable)
LOGS(in_locale, "in locale %s", locale)
LOGS(in_folder, "in folder %s", folder)
LOGS(compiled_in, "compiled from %s", __FILE__)
LOGS(deep, "%d times 50,000 bytes deep", depth)
LOGS(hour, "it is day %d", (int)(time(NULL) / 86400))
LOGS(built, "built at %s", __TIME__)
LOGS(pointer, "malloc is at %p", (void *)(uintptr_t)&malloc)
LOGS(nothing, "nothing to see")

// Not what it says, but what it does.
static int wanders(void *unused) {
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(1) + (int64_t)((uintptr_t)&malloc >> 12 & 0xffffff)));
    return tick_check(true, "fine");
}
TICK_SCENARIO(by_address, "sleeps for as long as an address says") {
    tick_host_add(world, "alice", wanders, NULL);
}

// On the wire, and on a disk: beyond what a trace keeps.
static int greet(tick_stream *client, void *arg) {
    char text[400];
    (void)arg;
    while (tick_stream_read_exactly(client, text, sizeof text) > 0)
        TICK_TRY((int)tick_stream_write(client, "ok", 2));
    return 0;
}
static int server(void *arg) {
    return tick_serve(":7", greet, arg);
}
static int client(void *arg) {
    char *text = malloc(400), reply[2];
    (void)arg;
    __asm__ volatile("" : : "r"(text) : "memory"); // nobody knows that it is never written
    tick_stream *stream;
    for (int i = 0; i < 300; i++)
        text[i] = 'x';
    TICK_TRY(tick_connect("server:7", &stream));
    TICK_TRY((int)tick_stream_write(stream, text, 400));
    free(text);
    return tick_check(tick_stream_read_exactly(stream, reply, 2) > 0, "no answer");
}
TICK_SCENARIO(padded, "sends what nobody wrote") {
    tick_daemon(world, "server", server, NULL);
    tick_host_add(world, "client", client, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(2));
}
