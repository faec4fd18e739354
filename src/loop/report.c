// The exception handler: loop.call_exception_handler, in asyncio's words.
#include "src/loop/loop_int.h"
#include <stdio.h>

// Several lines for people, without allocating: reports come when memory is short, too.
static void describe(char *text, size_t size, const struct tick_report *report) {
    int at = snprintf(text, size, "%s", report->message ? report->message : "Unhandled exception in event loop");
    if (at > 0 && (size_t)at < size && report->task)
        at += snprintf(text + at, size - (size_t)at, "\ntask: %s", tick_task_name(report->task));
    const struct tick_failure *failure = report->failure;
    if (at > 0 && (size_t)at < size && failure)
        snprintf(text + at, size - (size_t)at, "\nfailure: %s (%s)%s%s", failure->name ? failure->name : tick_error_name(failure->code),
            tick_error_text(failure->code), failure->text ? ": " : "", failure->text ? failure->text : "");
}

void tick_loop_report(struct tick_loop *loop, const struct tick_report *report) {
    char text[1024];
    if (loop->probe) {
        describe(text, sizeof text, report);
        tick_emit(loop->probe, TICK_EV_EXCEPTION, loop->probe->ops->text(loop->probe, text), loop->probe->here, 0, NULL);
    }
    if (loop->on_exception) {
        if (loop->on_exception(loop, report, loop->on_exception_arg) >= 0)
            return;
        fprintf(stderr, "Unhandled error in exception handler\n");
    }
    describe(text, sizeof text, report);
    fprintf(stderr, "%s\n", text);
}

void tick_loop_set_exception_handler(struct tick_loop *loop, tick_exception_fn *fn, void *arg) {
    loop->on_exception = fn;
    loop->on_exception_arg = arg;
}

void tick__report_unread(struct tick_future *future) {
    // Of a plain code there may be no failure object; one on this stack will do, for those who do not keep it.
    struct tick_failure plain = {.refs = UINT32_MAX, .code = future->code, .name = tick_error_name(future->code)};
    const char *message = future->ops->unread;
    const struct tick_report report = {
        .message = message ? message : "Future exception was never retrieved",
        .failure = future->is.failure ? future->is.failure : &plain,
        .future = future,
        .task = future->ops == &tick__task_ops ? (struct tick_task *)future : NULL,
    };
    tick_loop_report(future->loop, &report);
}
