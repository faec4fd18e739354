// The exception handler: loop.call_exception_handler, in asyncio's words.
#include "src/base/visible.h"
#include "src/loop/loop_int.h"
#include <stdio.h>
#include <string.h>
#include <string.h>

// Several lines for people, without allocating: reports come when memory is short, too.
static void describe(const struct tick_loop *loop, char *text, size_t size, const struct tick_report *report) {
    int at = snprintf(text, size, "%s", report->message ? report->message : "Unhandled exception in event loop");
    if (at > 0 && (size_t)at < size && report->task) {
        char task[100];
        tick__task_called(report->task, task, sizeof task);
        at += snprintf(text + at, size - (size_t)at, "\ntask: %s", task);
    }
    const struct tick_failure *failure = report->failure;
    if (at > 0 && (size_t)at < size && failure) {
        at += snprintf(text + at, size - (size_t)at, "\nfailure: ");
        if ((size_t)at < size) {
            tick__failure_words(failure, text + at, size - (size_t)at);
            at += (int)strlen(text + at);
        }
    }
    const struct tick_loc *loc = loop && loop->debug && report->task ? report->task->loc : NULL;
    if (at > 0 && (size_t)at < size && loc)
        snprintf(text + at, size - (size_t)at, "\nObject created at %s:%d, in %s", loc->file, loc->line, loc->function);
}

void tick_loop_report(struct tick_loop *loop, const struct tick_report *report) {
    char text[1024];
    loop = tick__loop_meant(loop);
    if (loop && loop->probe) {
        describe(loop, text, sizeof text, report);
        tick_emit(loop->probe, TICK_EV_EXCEPTION, loop->probe->ops->text(loop->probe, text), loop->probe->here, 0, NULL);
    }
    if (loop && loop->on_exception) {
        if (loop->on_exception(loop, report, loop->on_exception_arg) >= 0)
            return;
        fprintf(stderr, "Unhandled error in exception handler\n");
    }
    describe(loop, text, sizeof text, report);
    for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
        end = line + strcspn(line, "\n");
        tick__print(stderr, "%.*s\n", (int)(end - line), line);
    }
}

void tick_loop_set_exception_handler(struct tick_loop *loop, tick_exception_fn *fn, void *arg) {
    loop = tick__loop_meant(loop);
    if (!loop)
        return;
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

#define SLOW TICK_MS(100) // asyncio's slow_callback_duration

void tick__report_slow(struct tick_loop *loop, struct tick_task *task) {
    const int64_t took = tick__until(loop->sys->ops->now(loop->sys), loop->began);
    if (took < SLOW)
        return;
    char text[300];
    const long long ms = took / 1000000;
    const struct tick_loc *loc = task ? task->loc : NULL;
    if (loc)
        snprintf(text, sizeof text, "Executing <Task %s name='%s' coro=<%s()> created at %s:%d> took %lld.%03lld seconds",
            task->future.state == TICK__PENDING ? "pending" : "finished", tick_task_name(task), loc->name, loc->file, loc->line, ms / 1000,
            ms % 1000);
    else if (task)
        snprintf(text, sizeof text, "Executing <Task %s name='%s'> took %lld.%03lld seconds",
            task->future.state == TICK__PENDING ? "pending" : "finished", tick_task_name(task), ms / 1000, ms % 1000);
    else
        snprintf(text, sizeof text, "Executing <Handle> took %lld.%03lld seconds", ms / 1000, ms % 1000);
    tick_loop_report(loop, &(struct tick_report){.message = text});
}
