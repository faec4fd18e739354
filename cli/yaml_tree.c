#include "cli/yaml_tree.h"
#include <errno.h>
#include <retick/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct level { // a list or a map that has begun
    struct tick__yaml *node, **end;
    size_t count;
    char *name; // the next one's, in a map
    int name_line, name_column;
    bool has_name;
};

struct reader {
    yaml_parser_t parser;
    struct tick__yaml *root, *all;
    struct level levels[TICK__YAML_DEPTH];
    size_t depth;
    struct tick__mistakes *mistakes;
    const char *bytes;
    size_t size;
};

// --- what is wrong ---

static int line_of(const yaml_mark_t *mark) {
    return (int)mark->line + 1;
}

static int column_of(const yaml_mark_t *mark) {
    return (int)mark->column + 1;
}

// What to do about what libyaml says most.
static const char *advice(const char *problem) {
    static const struct {
        const char *problem, *advice;
    } known[] = {
        {"mapping values are not allowed",
            "a ':' cannot stand here: put a text that has one in 'quotes', and indent this line as its neighbours"},
        {"did not find expected key", "indent this line as its neighbours, and end each 'quote', [list] and {map} before it"},
        {"did not find expected '-' indicator", "a list's items begin with '- ', one below the other"},
        {"could not find expected ':'", "a name needs a ':' and a blank behind it"},
        {"did not find expected ',' or ']'", "a [list] needs ',' between its items and ']' at its end"},
        {"did not find expected ',' or '}'", "a {map} needs ',' between its items and '}' at its end"},
        {"found unexpected end of stream", "a 'quote' has no end"},
        {"block sequence entries are not allowed", "a list begins on a line of its own, below its name"},
        {"control characters are not allowed", "a world file is text: take that character out"},
        {"did not find expected <document start>", "indent this line as its neighbours"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(problem, known[i].problem, strlen(known[i].problem)) == 0)
            return known[i].advice;
    return "write it as YAML (docs/GUESTS.md, \"A world in a file\")";
}

static int syntax(struct reader *r) {
    const yaml_parser_t *parser = &r->parser;
    const char *problem = parser->problem ? parser->problem : "it cannot be read";
    int line = line_of(&parser->problem_mark), column = column_of(&parser->problem_mark);
    if (parser->error == YAML_MEMORY_ERROR)
        return -ENOMEM;
    const size_t at = parser->error == YAML_READER_ERROR ? parser->problem_offset : parser->problem_mark.index;
    if (parser->error == YAML_READER_ERROR) { // it tells a byte's place
        line = column = 1;
        for (size_t i = 0; i < at && i < r->size; i++) {
            column = r->bytes[i] == '\n' ? 1 : column + 1;
            line += r->bytes[i] == '\n';
        }
    }
    const bool is_tab =
        parser->error == YAML_SCANNER_ERROR && strstr(problem, "cannot start any token") && at < r->size && r->bytes[at] == '\t';
    char begun[40] = "";
    if (parser->context && line_of(&parser->context_mark) < line)
        snprintf(begun, sizeof begun, " (begun in line %d)", line_of(&parser->context_mark));
    if (is_tab)
        tick__mistake(r->mistakes, line, column, "a tab: YAML is indented by blanks alone");
    else
        tick__mistake(r->mistakes, line, column, "this is no YAML: %s%s%s%s; %s", problem, parser->context ? " " : "",
            parser->context ? parser->context : "", begun, advice(problem));
    return TICK_EFORMAT;
}

static int refuse(struct reader *r, const yaml_event_t *event, const char *why) {
    tick__mistake(r->mistakes, line_of(&event->start_mark), column_of(&event->start_mark), "%s", why);
    return TICK_EFORMAT;
}

// --- nodes ---

static struct tick__yaml *make(struct reader *r, const yaml_event_t *event, enum tick__yaml_kind kind) {
    struct tick__yaml *node = calloc(1, sizeof *node);
    if (!node)
        return NULL;
    *node = (struct tick__yaml){
        .kind = kind, .line = line_of(&event->start_mark), .column = column_of(&event->start_mark), .made_before = r->all};
    return r->all = node;
}

static void look_twice(struct reader *r, const struct level *level) {
    for (const struct tick__yaml *other = level->node->first; other; other = other->next)
        if (strcmp(other->name, level->name) == 0) {
            tick__mistake(r->mistakes, level->name_line, level->name_column, "%s stands here a second time, and first in line %d: drop one",
                level->name, other->name_line);
            return;
        }
}

// Puts a node where it belongs. The name that was waiting for it is the node's from now on.
static int place(struct reader *r, struct tick__yaml *node, const yaml_event_t *event) {
    if (r->depth == 0) {
        r->root = node;
        return 0;
    }
    struct level *level = &r->levels[r->depth - 1];
    if (level->count++ == TICK__YAML_ITEMS)
        return refuse(r, event, "more than 1,000 items in one list or map: no world needs as many");
    if (level->node->kind == TICK__YAML_MAP) {
        look_twice(r, level);
        node->name = level->name;
        node->name_line = level->name_line;
        node->name_column = level->name_column;
        level->name = NULL;
        level->has_name = false;
    }
    *level->end = node;
    level->end = &node->next;
    return 0;
}

static bool wants_name(const struct reader *r) {
    return r->depth > 0 && r->levels[r->depth - 1].node->kind == TICK__YAML_MAP && !r->levels[r->depth - 1].has_name;
}

static bool is_marked(const yaml_event_t *event) {
    if (event->type == YAML_SCALAR_EVENT)
        return event->data.scalar.anchor || event->data.scalar.tag;
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return event->data.sequence_start.anchor || event->data.sequence_start.tag;
    return event->type == YAML_MAPPING_START_EVENT && (event->data.mapping_start.anchor || event->data.mapping_start.tag);
}

static int take_text(struct reader *r, const yaml_event_t *event) {
    const char *value = (const char *)event->data.scalar.value;
    if (memchr(value, 0, event->data.scalar.length))
        return refuse(r, event, "a text with a NUL in it (\\0): no program takes one");
    if (wants_name(r)) {
        struct level *level = &r->levels[r->depth - 1];
        level->name = strdup(value);
        level->name_line = line_of(&event->start_mark);
        level->name_column = column_of(&event->start_mark);
        level->has_name = true;
        return level->name ? 0 : -ENOMEM;
    }
    struct tick__yaml *node = make(r, event, TICK__YAML_TEXT);
    if (!node || !(node->text = strdup(value)))
        return -ENOMEM;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return place(r, node, event);
}

static int open_level(struct reader *r, const yaml_event_t *event, enum tick__yaml_kind kind) {
    if (wants_name(r))
        return refuse(r, event, "a name stands before a ':', and no list or map");
    if (r->depth == TICK__YAML_DEPTH)
        return refuse(r, event, "lists and maps in one another, 8 levels deep: no world needs as many");
    struct tick__yaml *node = make(r, event, kind);
    if (!node)
        return -ENOMEM;
    TICK_TRY(place(r, node, event));
    r->levels[r->depth++] = (struct level){.node = node, .end = &node->first};
    return 0;
}

static int take(struct reader *r, const yaml_event_t *event) {
    if (event->type == YAML_ALIAS_EVENT || is_marked(event))
        return refuse(r, event,
            "anchors (&name), aliases (*name) and tags (!name) are not read here: write out what is meant; or put a text that "
            "begins with such a character in 'quotes'");
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return r->root ? refuse(r, event, "a second document: one file holds one world") : 0;
    case YAML_SCALAR_EVENT:
        return take_text(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_level(r, event, TICK__YAML_LIST);
    case YAML_MAPPING_START_EVENT:
        return open_level(r, event, TICK__YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        r->depth--;
        return 0;
    default:
        return 0;
    }
}

int tick__yaml_parse(const char *bytes, size_t size, struct tick__yaml **root, struct tick__yaml **all, struct tick__mistakes *mistakes) {
    struct reader r = {.mistakes = mistakes, .bytes = bytes, .size = size};
    int result = 0;
    *root = *all = NULL;
    if (size > TICK__YAML_SIZE) {
        tick__mistake(mistakes, 1, 1, "the file is larger than a MiB: no world needs as much");
        return TICK_EFORMAT;
    }
    if (!yaml_parser_initialize(&r.parser))
        return -ENOMEM;
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes, size);
    for (bool more = true; more && result == 0;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r.parser, &event)) {
            result = syntax(&r);
            break;
        }
        more = event.type != YAML_STREAM_END_EVENT;
        result = take(&r, &event);
        yaml_event_delete(&event);
    }
    for (size_t i = 0; i < r.depth; i++)
        free(r.levels[i].name);
    yaml_parser_delete(&r.parser);
    *root = r.root;
    *all = r.all;
    return result;
}

void tick__yaml_free(struct tick__yaml *all) {
    while (all) {
        struct tick__yaml *node = all;
        all = node->made_before;
        free(node->text);
        free(node->name);
        free(node);
    }
}
