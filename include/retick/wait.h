// Waiting for several futures at once: asyncio.wait and asyncio.as_completed. (gather stands in <retick/task.h>.)
#ifndef RETICK_WAIT_H
#define RETICK_WAIT_H

#include <retick/future.h>
#include <retick/time.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tick_wait_until { TICK_FIRST_COMPLETED, TICK_FIRST_EXCEPTION, TICK_ALL_COMPLETED };

// asyncio.wait in the calling task: waits until one of the futures (borrowed) is done, or one failed, or all are done, or the timeout (ns;
// TICK_NEVER: none) has passed. It cancels nothing, and no timeout is an error: ask the futures. Returns how many of those named are done;
// -EINVAL if none is named (asyncio: ValueError), -ENOMEM, TICK_ECANCELED.
int tick_wait(struct tick_future *const *futures, size_t count, int64_t timeout, enum tick_wait_until until) TICK_MUST_USE;

// asyncio.as_completed: the futures one by one, in the order in which they are done.
//     struct tick_as_completed *each = tick_as_completed_new(futures, count, TICK_NEVER);
//     while ((result = tick_as_completed_next(each, &future)) == 0) ...
//     tick_as_completed_free(each);
struct tick_as_completed;
// Each of the futures counts once; it holds references to them. timeout: ns for all of them together, TICK_NEVER: none. NULL when
// out of memory or without a running loop.
struct tick_as_completed *tick_as_completed_new(struct tick_future *const *futures, size_t count, int64_t timeout);
// 0 with the next one done (borrowed until tick_as_completed_free); TICK_EEMPTY when there are no more (asyncio: StopAsyncIteration);
// TICK_ETIMEDOUT when the timeout has passed, TICK_ECANCELED.
#define tick_as_completed_next(each, future) tick_as_completed_next_at((each), (future), TICK_HERE("as_completed"))
int tick_as_completed_next_at(struct tick_as_completed *each, struct tick_future **future, const struct tick_loc *loc) TICK_MUST_USE;
void tick_as_completed_free(struct tick_as_completed *each); // NULL is allowed

#ifdef __cplusplus
}
#endif

#endif
