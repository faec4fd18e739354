// A log with vector clocks, as ShiViz reads it: a head of two lines (how entries are laid out; no further runs), then two lines an entry.
// Hosts are ShiViz's hosts, each life one of its own: what one does counts its clock up, and a message brings its sender's clock along.
// https://bitbucket.org/bestchai/shiviz/wiki/Home
#include "viewer/export/export_int.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct flight { // a message that will arrive: its sender's clock as it was sent
    uint64_t message;
    uint32_t *clock;
};
struct number { // of a host: its place in clocks, from 1
    uint64_t host;
    uint32_t place;
};
struct own {
    uint32_t hosts; // and the world, which is the first
    uint32_t **clocks;
    char **names;
    struct tick__open_table numbers, flights;
};

static uint32_t place_of(const struct own *own, uint32_t host) {
    const struct number *number = host ? tick__open_find(&own->numbers, host) : NULL;
    return number ? number->place : 0;
}

static void merge(uint32_t *to, const uint32_t *from, uint32_t hosts) {
    for (uint32_t i = 0; i < hosts; i++)
        to[i] = to[i] > from[i] ? to[i] : from[i];
}

static void arrives(struct own *own, uint32_t message, uint32_t *clock) {
    const struct flight *flight = message ? tick__open_find(&own->flights, message) : NULL;
    if (!flight)
        return;
    merge(clock, flight->clock, own->hosts);
    free(flight->clock);
    tick__open_drop(&own->flights, message);
}

static void departs(struct tick__exporting *exporting, struct own *own, uint32_t id, const uint32_t *clock) {
    const struct tick__tale_message *message = tick__tale_message(&exporting->tale, id);
    if (!message || !message->recv || tick__open_find(&own->flights, id))
        return;
    uint32_t *kept = malloc(own->hosts * sizeof *kept);
    struct flight *flight = kept ? tick__open_add(&own->flights, id) : NULL;
    if (!flight) {
        free(kept);
        exporting->no_memory = true;
        return;
    }
    memcpy(kept, clock, own->hosts * sizeof *kept);
    flight->clock = kept;
}

static void put_clock(struct tick__exporting *exporting, const struct own *own, const uint32_t *clock) {
    const char *between = "{";
    for (uint32_t i = 0; i < own->hosts; i++)
        if (clock[i]) {
            fputs(between, exporting->out);
            tick__export_json(exporting->out, own->names[i]);
            fprintf(exporting->out, ":%" PRIu32, clock[i]);
            between = ", ";
        }
    fputs("}", exporting->out);
}

static void event(struct tick__exporting *exporting, uint32_t seq, const struct tick__tale_event *told) {
    struct own *own = exporting->own;
    const uint32_t place = place_of(own, told->host);
    uint32_t *clock = own->clocks[place];
    char say[420] = "", who[200] = "";
    if (tick__export_wakes(told) || !tick__export_say(exporting, seq, told, &TICK__SAID(say)))
        return;
    clock[place]++;
    if (told->kind == TICK_EV_MSG_RECV)
        arrives(own, told->subject, clock);
    if (told->task && !tick__said_as_host(&exporting->tale, told->task))
        tick__said_task(&exporting->tale, told->task, &TICK__SAID(who));
    fprintf(exporting->out, "%s ", own->names[place]);
    put_clock(exporting, own, clock);
    fprintf(exporting->out, " retick %" PRId64 ".%06d\n%s%s%s\n", told->ts / 1000000, (int)(told->ts % 1000000), who, *who ? " " : "", say);
    if (told->kind == TICK_EV_MSG_SEND)
        departs(exporting, own, told->subject, clock);
}

// A name without blanks, which part the fields of a line.
static char *name_of(const struct tick__exporting *exporting, uint32_t host) {
    char name[200] = "";
    if (host)
        tick__export_host(exporting, host, &TICK__SAID(name));
    for (char *at = name; *at; at++)
        *at = *at == ' ' ? '_' : *at;
    return strdup(*name ? name : "world");
}

static int number_hosts(struct tick__exporting *exporting, struct own *own) {
    own->hosts = (uint32_t)exporting->lives.count + 1;
    own->clocks = calloc(own->hosts, sizeof *own->clocks);
    own->names = calloc(own->hosts, sizeof *own->names);
    uint32_t host = 0;
    for (uint32_t place = 0; own->clocks && own->names && place < own->hosts; place++) {
        host = place ? tick__export_next_host(exporting, host) : 0;
        struct number *number = host ? tick__open_add(&own->numbers, host) : NULL;
        own->clocks[place] = calloc(own->hosts, sizeof **own->clocks);
        own->names[place] = name_of(exporting, host);
        if (!own->clocks[place] || !own->names[place] || (host && !number))
            break;
        if (number)
            number->place = place;
        if (place + 1 == own->hosts)
            return 0;
    }
    return tick_error_set(exporting->error, -ENOMEM, "%s: out of memory", exporting->trace->path);
}

int tick__export_shiviz(struct tick__exporting *exporting) {
    static const struct tick__walker walker = {.event = event};
    struct own own = {.numbers = {.row = sizeof(struct number)}, .flights = {.row = sizeof(struct flight)}};
    exporting->own = &own;
    int code = number_hosts(exporting, &own);
    if (code == 0) {
        fputs(TICK__EXPORT_SHIVIZ, exporting->out);
        code = tick__export_walk(exporting, &walker);
    }
    for (const struct flight *flight = NULL; (flight = tick__open_next(&own.flights, flight));)
        free(flight->clock);
    for (uint32_t i = 0; i < own.hosts && own.clocks && own.names; i++) {
        free(own.clocks[i]);
        free(own.names[i]);
    }
    free(own.clocks);
    free(own.names);
    tick__open_fini(&own.numbers);
    tick__open_fini(&own.flights);
    return code;
}
