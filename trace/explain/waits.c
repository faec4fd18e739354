// Reading who waits off the events: one pass follows each task from step to step, and each fd from operation to operation.
#include "src/base/times.h"
#include "trace/explain/waits_int.h"
#include "trace/story.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool tick__ends_in_waiting(const struct tick_trace *trace) {
    static const char *const verdicts[] = {"deadlock", "limit", "hang", "progress", "starved"};
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (strcmp(trace->verdict, verdicts[i]) == 0)
            return true;
    return false;
}

struct tick__life *tick__waits_life(const struct tick__waits *waits, uint32_t task) {
    const struct tick__waits_work *work = waits->work;
    const bool known = task <= waits->tale->objects_count && tick__tale_object(waits->tale, task)->type == TICK_OBJECT_TASK;
    return known && work->index[task] ? &work->lives[work->index[task] - 1] : NULL;
}

static struct tick__used *file_of(const struct tick__waits *waits, uint32_t object) {
    const struct tick__waits_work *work = waits->work;
    const bool known = object <= waits->tale->objects_count && tick__tale_object(waits->tale, object)->type == TICK_OBJECT_OP;
    return known && work->index[object] ? &work->files[work->index[object] - 1] : NULL;
}

// --- tasks ---

static bool sleeps(const struct tick__tale *tale, const struct tick__tale_event *event) {
    return event->kind == TICK_EV_TIMER_ARM && event->loc && strcmp(tick__tale_object(tale, event->subject)->name, "sleep") == 0;
}

static void take_wait(struct tick__waits *waits, uint32_t seq, const struct tick__tale_event *event) {
    struct tick__life *life = tick__waits_life(waits, event->task);
    if (!life || life->state != LIFE_RUNNING)
        return;
    // tick_wait's stand in a row, without a place.
    const bool more = event->kind == TICK_EV_FUTURE_AWAIT && !event->loc && life->wait && life->wait + 1 == seq &&
                      !tick__tale_event(waits->tale, life->wait)->loc;
    life->waits = more ? life->waits + 1 : 1;
    life->wait = seq;
}

static void note_flag(struct tick__waits *waits, const struct tick__tale_event *event) {
    struct tick__life *life = tick__waits_life(waits, event->task);
    if (life && tick__tale_object(waits->tale, event->subject)->type == TICK_OBJECT_EVENT)
        life->flag = event->subject;
}

// Who waits for a flag and clears it then is ready for the next time; who clears it without having waited keeps others waiting until he
// sets it again.
static void take_clear(struct tick__waits *waits, uint32_t seq, const struct tick__tale_event *event) {
    const struct tick__life *life = tick__waits_life(waits, event->task);
    if (event->subject <= waits->tale->objects_count)
        waits->work->cleared[event->subject] = life && life->flag != event->subject ? seq : 0;
}

static void take_task(struct tick__waits *waits, uint32_t seq, const struct tick__tale_event *event) {
    struct tick__life *life = tick__waits_life(waits, event->subject);
    if (!life)
        return;
    life->task = event->subject;
    switch (event->kind) {
    case TICK_EV_TASK_CREATE:
        life->host = event->host;
        life->began = seq;
        life->state = LIFE_READY;
        break;
    case TICK_EV_TASK_READY: {
        const struct tick__tale_event *wait = tick__tale_event(waits->tale, life->wait);
        if (life->state == LIFE_WAITING && wait->kind == TICK_EV_WAIT_BEGIN && wait->subject <= waits->tale->objects_count &&
            tick__tale_event(waits->tale, event->cause)->kind != TICK_EV_TASK_CANCEL)
            waits->work->made[wait->subject] = seq;
        if (life->state == LIFE_WAITING)
            life->ended = seq;
        life->state = LIFE_READY;
        break;
    }
    case TICK_EV_STEP_BEGIN:
        life->host = event->host;
        life->began = life->ended = seq;
        life->wait = life->waits = life->submitted = 0;
        life->state = LIFE_RUNNING;
        break;
    default: // STEP_END
        life->ended = seq;
        // A yield has made it ready before its step is over.
        if (life->state == LIFE_RUNNING || event->arg != TICK_STEP_SUSPENDED)
            life->state = event->arg == TICK_STEP_SUSPENDED ? LIFE_WAITING : LIFE_OVER;
        break;
    }
}

// --- fds ---

static uint32_t connection_of_message(const struct tick__tale *tale, uint32_t message) {
    const struct tick__tale_object *direction = tick__tale_object(tale, tick__tale_object(tale, message)->parent);
    return tick__tale_object(tale, direction->parent)->type == TICK_OBJECT_CONNECTION ? direction->parent : 0;
}

static void take_submit(struct tick__waits *waits, uint32_t seq, const struct tick__tale_event *event) {
    struct tick__waits_work *work = waits->work;
    struct tick__used *file = file_of(waits, event->subject);
    struct tick__life *life = tick__waits_life(waits, event->task);
    if (!file || event->arg < 0 || event->arg >= OP_KINDS)
        return;
    file->object = event->subject;
    file->host = event->host;
    file->pending[event->arg] = seq;
    if (life) {
        const uint32_t parent = tick__tale_object(waits->tale, event->task)->parent;
        file->users[event->arg] = event->task;
        life->files[event->arg] = work->index[event->subject];
        life->submitted = seq;
        if (!file->connection && strcmp(tick__tale_object(waits->tale, event->subject)->name, "accepted") == 0 &&
            tick__tale_object(waits->tale, parent)->type == TICK_OBJECT_CONNECTION)
            file->connection = parent; // its handler uses it
    }
    if (event->arg == OP_CONNECT && work->sent_by == event->host && work->sent)
        file->connection = work->sent;
}

// Which of its operations an io_complete ends: one that was tried has begun just before; else what somebody sent ends a reading one, and
// what was sent just now a writing one.
static void take_complete(struct tick__waits *waits, const struct tick__tale_event *event) {
    const struct tick__waits_work *work = waits->work;
    const struct tick__tale *tale = waits->tale;
    struct tick__used *file = file_of(waits, event->subject);
    if (!file)
        return;
    const struct tick__tale_event *cause = tick__tale_event(tale, event->cause);
    const uint32_t came = cause->kind == TICK_EV_MSG_RECV ? connection_of_message(tale, cause->subject) : 0;
    const bool sends = work->sent && work->sent_by == event->host;
    const bool listens = file->users[OP_ACCEPT] != 0 || file->pending[OP_ACCEPT] != 0;
    if (came && !listens)
        file->connection = came;
    else if (sends && !listens)
        file->connection = work->sent;
    int which = -1;
    for (int kind = 0; kind < OP_KINDS; kind++)
        if (file->pending[kind] && (which < 0 || file->pending[kind] > file->pending[which]))
            which = kind;
    const bool tried = which >= 0 && tick__tale_event(tale, file->pending[which])->step == event->step && event->step;
    if (which < 0)
        return;
    if (!tried && came)
        which = file->pending[OP_CONNECT] ? OP_CONNECT : file->pending[OP_ACCEPT] ? OP_ACCEPT : OP_RECV;
    else if (!tried && file->pending[OP_RECV] && event->arg >= 0 && !sends)
        which = OP_RECV;
    else if (!tried && file->pending[OP_SEND])
        which = OP_SEND;
    file->pending[which] = 0;
    if (which == OP_RECV && event->arg > 0)
        file->read = tick__after(file->read, event->arg);
}

static void take_send(struct tick__waits *waits, uint32_t seq, const struct tick__tale_event *event) {
    struct tick__waits_work *work = waits->work;
    const struct tick__tale_object *message = tick__tale_object(waits->tale, event->subject);
    const uint32_t direction = message->parent <= waits->tale->objects_count ? message->parent : 0;
    if (event->arg > 0)
        work->sent_bytes[direction] = tick__after(work->sent_bytes[direction], event->arg);
    else if (message->ordinal > 0 && !work->closed[direction])
        work->closed[direction] = seq;
}

uint32_t tick__waits_hung_up(const struct tick__waits *waits, uint32_t task) {
    const uint32_t connection = tick__tale_object(waits->tale, task)->parent, way = connection + TICK_OUT;
    const bool serves = tick__tale_object(waits->tale, connection)->type == TICK_OBJECT_CONNECTION &&
                        tick__tale_object(waits->tale, way)->parent == connection && way <= waits->tale->objects_count;
    return serves ? waits->work->closed[way] : 0;
}

// --- the pass ---

static void take(struct tick__waits *waits, uint32_t seq) {
    struct tick__waits_work *work = waits->work;
    const struct tick__tale_event *event = tick__tale_event(waits->tale, seq);
    switch (event->kind) {
    case TICK_EV_TASK_CREATE:
    case TICK_EV_TASK_READY:
    case TICK_EV_STEP_BEGIN:
    case TICK_EV_STEP_END:
        take_task(waits, seq, event);
        break;
    case TICK_EV_FUTURE_CREATE:
    case TICK_EV_HOST_CRASH:
        if (event->subject <= waits->tale->objects_count)
            work->made[event->subject] = seq;
        break;
    case TICK_EV_PUT:
    case TICK_EV_TAKE:
    case TICK_EV_SET:
    case TICK_EV_NOTIFY:
        if (event->subject <= waits->tale->objects_count) {
            work->deeds[event->subject] = seq;
            work->cleared[event->subject] = 0;
        }
        break;
    case TICK_EV_CLEAR:
        take_clear(waits, seq, event);
        break;
    case TICK_EV_FUTURE_AWAIT:
    case TICK_EV_WAIT_BEGIN:
        take_wait(waits, seq, event);
        note_flag(waits, event);
        tick__waits_note_end(waits, event);
        break;
    case TICK_EV_WAIT_END: { // of one that need not wait
        struct tick__life *life = tick__waits_life(waits, event->task);
        if (life && tick__tale_event(waits->tale, life->wait)->subject == event->subject)
            life->wait = life->waits = 0;
        note_flag(waits, event);
        break;
    }
    case TICK_EV_TIMER_ARM:
        if (sleeps(waits->tale, event))
            take_wait(waits, seq, event);
        break;
    case TICK_EV_IO_SUBMIT:
        take_submit(waits, seq, event);
        break;
    case TICK_EV_IO_COMPLETE:
        take_complete(waits, event);
        tick__waits_note_end(waits, event);
        break;
    default:
        break;
    }
    if (event->kind == TICK_EV_MSG_SEND) {
        work->sent = connection_of_message(waits->tale, event->subject);
        work->sent_by = event->host;
        take_send(waits, seq, event);
        tick__waits_note_end(waits, event);
    } else if (event->kind != TICK_EV_CHOICE && event->kind != TICK_EV_MSG_DROP && event->kind != TICK_EV_MSG_SLOW) {
        work->sent = 0;
    }
}

// --- who is left ---

// Whether it went with its host, which has crashed since.
static bool is_gone(const struct tick__waits *waits, const struct tick__life *life) {
    return life->host && life->host <= waits->tale->objects_count && waits->work->made[life->host] > life->began &&
           waits->work->made[life->host] > life->ended;
}

bool tick__waits_ended(const struct tick__waits *waits, uint32_t task) {
    const struct tick__life *life = tick__waits_life(waits, task);
    return life && (life->state == LIFE_OVER || is_gone(waits, life));
}

// A wait of a stream's own: its future was made there.
static bool is_streams(const struct tick__tale *tale, const struct tick__tale_event *wait) {
    return wait->kind == TICK_EV_FUTURE_AWAIT && wait->loc && tick__tale_object(tale, wait->subject)->type == TICK_OBJECT_FUTURE &&
           tick__tale_object(tale, wait->subject)->loc == wait->loc;
}

// Which operation a stream's wait is for: that which its step began, else, if one was under way, by the name of the call.
static int operation(const struct tick__tale *tale, const struct tick__life *life, const struct tick__tale_event *wait) {
    const struct tick__tale_place *place = tick__tale_place(tale, wait->loc);
    const char *name = place ? place->name : "";
    if (strncmp(name, "read", 4) == 0 && life->files[OP_RECV])
        return OP_RECV;
    if ((strcmp(name, "write") == 0 || strcmp(name, "drain") == 0) && life->files[OP_SEND])
        return OP_SEND;
    return life->submitted ? (int)tick__tale_event(tale, life->submitted)->arg : -1;
}

static void set_stream(const struct tick__waits *waits, const struct tick__life *life, struct tick__waiter *waiter) {
    static const enum tick__wait_kind kinds[] = {TICK__WAIT_ACCEPT, TICK__WAIT_CONNECT, TICK__WAIT_READ, TICK__WAIT_WRITE};
    const int which = operation(waits->tale, life, tick__tale_event(waits->tale, life->wait));
    if (which < 0 || !life->files[which])
        return;
    const struct tick__used *file = &waits->work->files[life->files[which] - 1];
    waiter->kind = kinds[which];
    waiter->connection = file->connection;
    const struct tick__tale_object *connection = tick__tale_object(waits->tale, file->connection);
    if (!file->connection)
        return;
    for (uint32_t part = file->connection + 1; part <= file->connection + 4; part++) { // told in one go
        const struct tick__tale_object *end = tick__tale_object(waits->tale, part);
        if (end->type == TICK_OBJECT_DIRECTION && end->parent == file->connection && end->host != waiter->host)
            waiter->peer_host = end->host;
    }
    if (!waiter->peer_host)
        waiter->peer_host = connection->host;
}

static void set_kind(const struct tick__waits *waits, const struct tick__life *life, struct tick__waiter *waiter) {
    const struct tick__tale_event *wait = tick__tale_event(waits->tale, life->wait);
    const uint8_t type = tick__tale_object(waits->tale, wait->subject)->type;
    waiter->seq = life->wait;
    waiter->since = wait->ts;
    waiter->subject = wait->subject;
    waiter->loc = wait->loc;
    if (wait->kind == TICK_EV_TIMER_ARM)
        waiter->kind = TICK__WAIT_SLEEP;
    else if (wait->kind == TICK_EV_WAIT_BEGIN)
        waiter->kind = type == TICK_OBJECT_LOCK ? TICK__WAIT_LOCK : TICK__WAIT_RESOURCE;
    else if (type == TICK_OBJECT_TASK)
        waiter->kind = TICK__WAIT_TASKS;
    else
        waiter->kind = TICK__WAIT_FUTURE;
    if (is_streams(waits->tale, wait))
        set_stream(waits, life, waiter);
    else if (wait->kind == TICK_EV_WAIT_BEGIN)
        tick__waits_set_end(waits, waiter);
}

static void add_waiter(struct tick__waits *waits, const struct tick__life *life) {
    struct tick__waiter *waiter = &waits->waiters[waits->count++];
    *waiter = (struct tick__waiter){.task = life->task, .host = life->host, .seq = life->ended ? life->ended : life->began, .amount = -1};
    waiter->since = tick__tale_event(waits->tale, waiter->seq)->ts;
    if (life->state == LIFE_RUNNING) {
        waiter->kind = TICK__WAIT_STEP;
        waiter->seq = life->began;
        waiter->loc = tick__tale_loc_near(waits->tale, life->began);
    } else if (life->state == LIFE_READY) {
        waiter->kind = TICK__WAIT_TURN;
    } else if (life->wait) {
        set_kind(waits, life, waiter);
    }
}

static int collect(struct tick__waits *waits) {
    struct tick__waits_work *work = waits->work;
    uint32_t waiting = 0;
    for (uint32_t i = 0; i < work->life_count; i++)
        waiting += work->lives[i].state != LIFE_NONE && work->lives[i].state != LIFE_OVER && !is_gone(waits, &work->lives[i]);
    waits->waiters = calloc(waiting + 1, sizeof *waits->waiters);
    if (!waits->waiters)
        return -ENOMEM;
    for (uint32_t i = 0; i < work->life_count; i++)
        if (work->lives[i].state != LIFE_NONE && work->lives[i].state != LIFE_OVER && !is_gone(waits, &work->lives[i]))
            add_waiter(waits, &work->lives[i]);
    return 0;
}

static int prepare(struct tick__waits *waits) {
    const struct tick__tale *tale = waits->tale;
    struct tick__waits_work *work = waits->work = calloc(1, sizeof *work);
    if (!work)
        return -ENOMEM;
    work->index = calloc((size_t)tale->objects_count + 1, sizeof *work->index);
    work->made = calloc((size_t)tale->objects_count + 1, sizeof *work->made);
    work->deeds = calloc((size_t)tale->objects_count + 1, sizeof *work->deeds);
    work->children = calloc((size_t)tale->objects_count + 1, sizeof *work->children);
    work->cleared = calloc((size_t)tale->objects_count + 1, sizeof *work->cleared);
    work->sent_bytes = calloc((size_t)tale->objects_count + 1, sizeof *work->sent_bytes);
    for (uint32_t id = 1; work->index && id <= tale->objects_count; id++) {
        const uint8_t type = tick__tale_object(tale, id)->type;
        if (type == TICK_OBJECT_TASK)
            work->index[id] = ++work->life_count;
        else if (type == TICK_OBJECT_OP)
            work->index[id] = ++work->file_count;
    }
    work->lives = calloc((size_t)work->life_count + 1, sizeof *work->lives);
    work->files = calloc((size_t)work->file_count + 1, sizeof *work->files);
    work->closed = calloc((size_t)tale->objects_count + 1, sizeof *work->closed);
    work->in_line = calloc((size_t)tale->objects_count + 1, sizeof *work->in_line);
    work->in_line_gone = calloc((size_t)tale->objects_count + 1, sizeof *work->in_line_gone);
    work->end_users = calloc((size_t)tale->objects_count + 1, sizeof *work->end_users);
    const bool arrays = work->index && work->made && work->deeds && work->children && work->cleared && work->sent_bytes && work->closed &&
                        work->in_line && work->in_line_gone && work->end_users;
    return arrays && work->lives && work->files ? 0 : -ENOMEM;
}

int tick__waits_find(const struct tick__tale *tale, const struct tick__tale *good, struct tick__waits *waits) {
    *waits = (struct tick__waits){.tale = tale};
    int code = prepare(waits);
    for (uint32_t seq = tale->first; code == 0 && seq && seq <= tale->last; seq++)
        take(waits, seq);
    if (code == 0)
        code = collect(waits);
    if (code == 0)
        code = tick__waits_queues(waits, good);
    if (code == 0)
        code = tick__waits_link(waits);
    if (code < 0)
        tick__waits_fini(waits);
    return code;
}

void tick__waits_fini(struct tick__waits *waits) {
    if (waits->work) {
        free(waits->work->index);
        free(waits->work->made);
        free(waits->work->children);
        free(waits->work->cleared);
        free(waits->work->sent_bytes);
        free(waits->work->closed);
        free(waits->work->in_line);
        free(waits->work->in_line_gone);
        free(waits->work->end_users);
        free(waits->work->deeds);
        free(waits->work->users);
        free(waits->work->lives);
        free(waits->work->files);
        free(waits->work->holds);
        free(waits->work->by_life);
    }
    free(waits->work);
    free(waits->waiters);
    free(waits->needs);
    *waits = (struct tick__waits){0};
}
