// A run as a page has it: hosts, tasks, events in columns, messages, and what hosts and tasks are in between.
#include "trace/explain/hops.h"
#include "viewer/page_int.h"
#include <stdlib.h>
#include <string.h>

static json_t *hosts_of(struct tick__page_making *making, const struct tick__page_run *run) {
    const struct tick__tale *tale = run->tale;
    json_t *hosts = json_array();
    for (uint32_t id = 1; id <= tale->objects_count; id++) {
        const struct tick__tale_object *host = tick__tale_object(tale, id);
        if (host->type != TICK_OBJECT_HOST)
            continue;
        tick__page_add(making, hosts,
            json_pack("{s:o, s:o, s:b}", "path", tick__page_text(*host->path ? host->path : host->name), "name",
                tick__page_text(*host->name ? host->name : host->path), "daemon", host->ordinal == 1));
    }
    return hosts;
}

#define WITH_HOST 4 // outcome: it went with its host

struct lives { // by task
    uint32_t born, done;
    int64_t outcome;
};

static void end_with_host(const struct tick__tale *tale, uint32_t host, uint32_t seq, struct lives *lives) {
    for (uint32_t id = 1; id <= tale->objects_count; id++) {
        const struct tick__tale_object *task = tick__tale_object(tale, id);
        if (task->type == TICK_OBJECT_TASK && task->host == host && lives[id].born && !lives[id].done)
            lives[id] = (struct lives){lives[id].born, seq, WITH_HOST};
    }
}

static struct lives *lives_of(const struct tick__tale *tale) {
    struct lives *lives = calloc((size_t)tale->objects_count + 1, sizeof *lives);
    for (uint32_t seq = tale->first; lives && seq && seq <= tale->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->subject > tale->objects_count)
            continue;
        if (event->kind == TICK_EV_TASK_CREATE)
            lives[event->subject].born = seq;
        else if (event->kind == TICK_EV_STEP_END && event->arg != TICK_STEP_SUSPENDED)
            lives[event->subject] = (struct lives){lives[event->subject].born, seq, event->arg};
        else if (event->kind == TICK_EV_HOST_CRASH)
            end_with_host(tale, event->subject, seq, lives);
    }
    return lives;
}

static json_t *tasks_of(struct tick__page_making *making, const struct tick__page_run *run) {
    const struct tick__tale *tale = run->tale;
    struct lives *lives = lives_of(tale);
    json_t *tasks = json_array();
    making->failed = making->failed || !lives;
    for (uint32_t id = 1; lives && id <= tale->objects_count; id++) {
        const struct tick__tale_object *task = tick__tale_object(tale, id);
        char name[200] = "";
        if (tick__page_is_end(tale, id) && run->number[id])
            tick__page_add(making, tasks, tick__page_end(run, id));
        if (task->type != TICK_OBJECT_TASK)
            continue;
        tick__said_task(tale, id, &TICK__SAID(name));
        const struct tick__tale_event *born = tick__tale_event(tale, lives[id].born);
        const uint32_t host = task->host ? task->host : born->host;
        tick__page_add(making, tasks,
            json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:b}", "path", tick__page_text(*task->path ? task->path : name), "name",
                tick__page_text(name), "host", (json_int_t)tick__page_host(run, host), "by", (json_int_t)tick__page_task(run, born->task),
                "born", (json_int_t)lives[id].born, "done", (json_int_t)lives[id].done, "outcome", (json_int_t)lives[id].outcome, "place",
                tick__page_place(making, tale, task->loc ? task->loc : born->loc), "main", tick__said_as_host(tale, id)));
    }
    free(lives);
    return tasks;
}

struct columns {
    json_t *ts, *kind, *who, *say, *host, *lane, *cause, *place;
};

static void put_event(
    struct tick__page_making *making, const struct tick__page_run *run, const struct columns *to, uint32_t seq, int64_t last) {
    const struct tick__tale *tale = run->tale;
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    char who[160] = "", say[420] = "";
    const uint32_t lane = run->lane[seq - run->first];
    const int64_t own = tick__page_host(run, event->host), subject = tick__page_host(run, event->subject);
    tick__deed_who(tale, seq, &TICK__SAID(who));
    tick__deed_say(tale, seq, &TICK__SAID(say));
    tick__page_add_number(making, to->ts, event->ts - last);
    tick__page_add_number(making, to->kind, event->kind);
    tick__page_add(making, to->who, tick__page_word(making, who));
    tick__page_add(making, to->say, tick__page_word(making, say));
    tick__page_add_number(making, to->host, own >= 0 ? own : subject);
    tick__page_add_number(making, to->lane, tick__page_task(run, lane));
    tick__page_add_number(making, to->cause, tick__tale_before(tale, seq));
    if (seq == tale->verdict && *tale->place && !event->loc) { // "/folder/pool.c:99"
        const char *colon = strrchr(tale->place, ':');
        char file[1024];
        snprintf(file, sizeof file, "%.*s", colon ? (int)(colon - tale->place) : (int)strlen(tale->place), tale->place);
        tick__page_add(making, to->place, tick__page_place_of(making, file, colon ? atoi(colon + 1) : 0, ""));
    } else {
        tick__page_add(making, to->place, tick__page_place(making, tale, event->loc));
    }
}

static json_t *events_of(struct tick__page_making *making, const struct tick__page_run *run) {
    const struct columns to = {
        json_array(), json_array(), json_array(), json_array(), json_array(), json_array(), json_array(), json_array()};
    int64_t last = 0;
    for (uint32_t seq = run->first; seq && seq <= run->last; seq++) {
        put_event(making, run, &to, seq, last);
        last = tick__tale_event(run->tale, seq)->ts;
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "ts", to.ts, "kind", to.kind, "who", to.who, "say", to.say, "host",
        to.host, "lane", to.lane, "cause", to.cause, "place", to.place);
}

// [seq, cause, how] of each further cause, one behind the other.
static json_t *further_causes(struct tick__page_making *making, const struct tick__page_run *run) {
    const struct tick__tale *tale = run->tale;
    json_t *also = json_array();
    for (size_t i = 0; i < tale->cause_count; i++) {
        const struct tick__tale_cause *cause = &tale->causes[i];
        if (cause->seq < run->first || cause->seq > run->last)
            continue;
        tick__page_add_number(making, also, cause->seq);
        tick__page_add_number(making, also, cause->cause);
        tick__page_add(making, also, tick__page_word(making, cause->how));
    }
    return also;
}

json_t *tick__page_messages(struct tick__page_making *making, struct tick__page_run *run) {
    const struct tick__tale *tale = run->tale;
    json_t *messages = json_array();
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        char say[200] = "";
        const uint32_t end = message->recv ? message->recv : message->drop ? message->drop : message->send;
        if (end < run->first || message->send > run->last)
            continue;
        tick__said_message(tale, message, 90, &TICK__SAID(say));
        run->number[message->object] = (uint32_t)json_array_size(messages) + 1;
        tick__page_add(making, messages,
            json_pack("[I, I, I, I, I, I, o]", (json_int_t)tick__page_host(run, message->src),
                (json_int_t)tick__page_host(run, message->dst), (json_int_t)message->send, (json_int_t)message->recv,
                (json_int_t)message->drop, (json_int_t)message->bytes, tick__page_word(making, say)));
    }
    return messages;
}

json_t *tick__page_run(struct tick__page_making *making, const struct tick__page_run *run, const char *name) {
    const struct tick__tale *tale = run->tale;
    struct tick__page_run *own = &making->runs[run != &making->runs[0]];
    return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", tick__page_text(name), "verdict",
        tick__page_text(tale->trace->verdict), "first", (json_int_t)run->first, "last", (json_int_t)run->last, "events",
        (json_int_t)tale->last, "end", (json_int_t)tale->end, "hosts", hosts_of(making, run), "tasks", tasks_of(making, run), "rows",
        events_of(making, run), "also", further_causes(making, run), "messages", tick__page_messages(making, own), "steps",
        tick__page_steps(making, run), "holds", tick__page_holds(making, run), "faults", tick__page_faults(making, run));
}
