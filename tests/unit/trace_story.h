// A small run told by hand, for the tests of trace and viewer: two clients increment a counter on a server; when a delivery is late, one
// increment is lost and the auditor's check fails.
#ifndef RETICK_TRACE_STORY_H
#define RETICK_TRACE_STORY_H

#include "trace/recorder.h"
#include <retick/time.h>
#include <stdio.h>
#include <string.h>

struct story_task {
    uint32_t object, host, ready, future;
    tick_id id;
    struct tick_maker maker;
};
struct story_link {
    uint32_t connection, out, in;
    tick_id out_id;
    uint64_t sent_out, sent_in;
};
struct story {
    struct tick_probe *probe;
    int late; // whether alice's delivery is late
};

static const struct tick_loc story_increment = {"increment", "scenarios/lost_update.c", 21, "tick_connect"};
static const struct tick_loc story_check = {"audit", "scenarios/lost_update.c", 33, "seen == 2"};

static inline uint32_t story_host_of(struct tick_probe *probe, const char *name, bool daemon) {
    const struct tick_object host = {.type = TICK_OBJECT_HOST, .id = tick_id_host(name), .key = name, .kth = 1, .ordinal = daemon};
    uint32_t object = probe->ops->object(probe, &host);
    probe->host = object;
    tick_emit(probe, TICK_EV_HOST_START, object, 0, 0, NULL);
    return object;
}

static inline uint32_t story_host(struct tick_probe *probe, const char *name) {
    return story_host_of(probe, name, false);
}

static inline struct story_task story_task(
    struct tick_probe *probe, uint32_t host, tick_id parent, uint32_t parent_object, const char *key, uint32_t kth) {
    struct story_task task = {.host = host, .id = tick_id_task(parent, key, kth)};
    const struct tick_object object = {
        .type = TICK_OBJECT_TASK, .id = task.id, .parent = parent_object, .host = host, .key = key, .kth = kth, .loc = &story_increment};
    task.object = probe->ops->object(probe, &object);
    task.maker = (struct tick_maker){.id = task.id, .object = task.object};
    uint32_t create = tick_emit(probe, TICK_EV_TASK_CREATE, task.object, probe->here, 0, &story_increment);
    task.ready = tick_emit(probe, TICK_EV_TASK_READY, task.object, create, 0, NULL);
    return task;
}

static inline void story_step(struct tick_probe *probe, struct story_task *task) {
    probe->host = task->host;
    probe->task = task->object;
    probe->here = tick_emit(probe, TICK_EV_STEP_BEGIN, task->object, task->ready, 0, NULL);
}

static inline void story_end(struct tick_probe *probe, const struct story_task *task, enum tick_step_outcome outcome) {
    tick_emit(probe, TICK_EV_STEP_END, task->object, probe->here, outcome, NULL);
    probe->task = probe->here = 0;
}

static inline struct story_link story_connect(struct tick_probe *probe, struct story_task *task, const char *peer) {
    struct story_link link = {0};
    const uint32_t kth = ++task->maker.made[TICK_OBJECT_CONNECTION];
    tick_id id = tick_id_named(task->maker.id, TICK_OBJECT_CONNECTION, tick_id_host(peer), kth);
    struct tick_object object = {
        .type = TICK_OBJECT_CONNECTION, .id = id, .parent = task->object, .host = task->host, .key = peer, .kth = kth};
    link.connection = probe->ops->object(probe, &object);
    object = (struct tick_object){.type = TICK_OBJECT_DIRECTION, .parent = link.connection, .host = task->host};
    object.kth = TICK_OUT;
    object.id = link.out_id = tick_id_part(id, TICK_OUT);
    link.out = probe->ops->object(probe, &object);
    object.kth = TICK_IN;
    object.id = tick_id_part(id, TICK_IN);
    link.in = probe->ops->object(probe, &object);
    return link;
}

static inline uint32_t story_send(struct tick_probe *probe, struct story_link *link, int out, const char *text, uint32_t *message) {
    uint64_t *sent = out ? &link->sent_out : &link->sent_in;
    const struct tick_object object = {.type = TICK_OBJECT_MESSAGE,
        .id = tick_id_mix(out ? link->out_id : link->out_id + 1, *sent),
        .parent = out ? link->out : link->in,
        .host = probe->host,
        .ordinal = *sent};
    *message = probe->ops->object(probe, &object);
    if (probe->ops->payload)
        probe->ops->payload(probe, *message, text, strlen(text));
    *sent += strlen(text);
    return tick_emit(probe, TICK_EV_MSG_SEND, *message, probe->here, (int64_t)strlen(text), NULL);
}

// The message arrives at host and makes its task ready.
static inline void story_arrive(
    struct tick_probe *probe, uint32_t host, struct story_task *task, uint32_t message, uint32_t sent, size_t bytes) {
    probe->host = host;
    probe->task = 0;
    uint32_t received = tick_emit(probe, TICK_EV_MSG_RECV, message, sent, (int64_t)bytes, NULL);
    uint32_t complete = tick_emit(probe, TICK_EV_IO_COMPLETE, message, received, (int64_t)bytes, NULL);
    task->ready = tick_emit(probe, TICK_EV_TASK_READY, task->object, complete, 0, NULL);
}

// Asks over the link and gets the answer; `latency` is each way's.
static inline void story_ask(struct tick_probe *probe, struct story_task *client, struct story_link *link, struct story_task *handler,
    const char *question, const char *answer, int64_t latency) {
    uint32_t message, sent = story_send(probe, link, 1, question, &message);
    story_end(probe, client, TICK_STEP_SUSPENDED);
    probe->now += latency;
    story_arrive(probe, handler->host, handler, message, sent, strlen(question));
    story_step(probe, handler);
    sent = story_send(probe, link, 0, answer, &message);
    story_end(probe, handler, TICK_STEP_SUSPENDED);
    probe->now += TICK_MS(1);
    story_arrive(probe, client->host, client, message, sent, strlen(answer));
    story_step(probe, client);
}

static inline void story_tell(struct tick_probe *probe, int late) {
    probe->now = 0;
    uint32_t hosts[4];
    static const char *const names[4] = {"server", "alice", "bob", "auditor"};
    struct story_task mains[4];
    for (int i = 0; i < 4; i++) {
        hosts[i] = story_host(probe, names[i]);
        mains[i] = story_task(probe, hosts[i], tick_id_host(names[i]), hosts[i], "main", 1);
    }
    struct story_task *server = &mains[0];
    story_step(probe, server);
    story_end(probe, server, TICK_STEP_SUSPENDED);
    struct story_link links[4];
    struct story_task handlers[4];
    for (int i = 1; i < 4; i++) {
        if (i == 3)
            probe->now += TICK_MS(100);
        story_step(probe, &mains[i]);
        links[i] = story_connect(probe, &mains[i], "server");
        uint32_t from = probe->here;
        story_end(probe, &mains[i], TICK_STEP_SUSPENDED);
        probe->now += TICK_MS(1);
        server->ready = tick_emit(probe, TICK_EV_TASK_READY, server->object, from, 0, NULL);
        story_step(probe, server);
        const tick_id connection = tick_id_mix(tick_id_mix(mains[i].id, TICK_OBJECT_CONNECTION), 1);
        handlers[i] = story_task(probe, hosts[0], connection, links[i].connection, "serve", 1);
        story_end(probe, server, TICK_STEP_SUSPENDED);
        story_step(probe, &handlers[i]);
        story_end(probe, &handlers[i], TICK_STEP_SUSPENDED);
        mains[i].ready = tick_emit(probe, TICK_EV_TASK_READY, mains[i].object, from, 0, NULL);
        if (i == 3)
            break;
        story_step(probe, &mains[i]);
        story_ask(probe, &mains[i], &links[i], &handlers[i], "g\n", i == 2 && !late ? "1\n" : "0\n", TICK_MS(1));
        if (i == 1) {
            if (late) { // alice's write is held up; bob reads the old value
                const struct tick_deviation deviation = {.kind = TICK_CHOICE_DELIVERY,
                    .subject = links[1].out_id,
                    .ordinal = links[1].sent_out,
                    .value = 7,
                    .n = 10,
                    .most = TICK_MS(49)};
                probe->ops->choice(probe, &deviation);
            } else {
                story_ask(probe, &mains[1], &links[1], &handlers[1], "s1\n", "ok\n", TICK_MS(1));
                story_end(probe, &mains[1], TICK_STEP_RETURNED);
            }
            if (late) {
                story_end(probe, &mains[1], TICK_STEP_SUSPENDED);
                mains[1].ready = tick_emit(probe, TICK_EV_TASK_READY, mains[1].object, 0, 0, NULL);
            }
        } else {
            story_ask(probe, &mains[2], &links[2], &handlers[2], late ? "s1\n" : "s2\n", "ok\n", TICK_MS(1));
            story_end(probe, &mains[2], TICK_STEP_RETURNED);
            if (late) {
                story_step(probe, &mains[1]);
                story_ask(probe, &mains[1], &links[1], &handlers[1], "s1\n", "ok\n", TICK_MS(30));
                story_end(probe, &mains[1], TICK_STEP_RETURNED);
            }
        }
    }
    story_step(probe, &mains[3]);
    story_ask(probe, &mains[3], &links[3], &handlers[3], "g\n", late ? "1\n" : "2\n", TICK_MS(1));
    if (late) {
        uint32_t text = probe->ops->text(probe, "an increment was lost: 1");
        tick_emit(probe, TICK_EV_EXCEPTION, text, probe->here, 0, &story_check);
        story_end(probe, &mains[3], TICK_STEP_FAILED);
    } else {
        story_end(probe, &mains[3], TICK_STEP_RETURNED);
    }
}

static inline void story_record(struct tick_recorder *recorder, int late) {
    story_tell(tick_recorder_probe(recorder), late);
    tick_recorder_end(recorder, late ? "check" : "pass", late ? "an increment was lost: 1" : "");
}

#endif
