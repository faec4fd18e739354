// Records into tables. Definitions row by row, in the pass that also counts; then the events of the same stretch in one statement.
#include "sim/choice/schedule.h"
#include "trace/derive.h"
#include "trace/digest.h"
#include "trace/guard_int.h"
#include "trace/schema_int.h"
#include "trace/sink_int.h"
#include "trace/witness.h"
#include <errno.h>
#include <retick/version.h>
#include <stdio.h>
#include <string.h>

#define TICK__OUT_OF_NUMBERS "a run of more than 4294963199 events or objects, for which a trace has no numbers"

static const char *const statements[TICK__STATEMENTS] = {
    [TICK__ADD_EVENTS] = "INSERT INTO events(ts, kind, host_id, task_id, subject_id, cause_seq, loc_id, arg)"
                         " SELECT ts, kind, host_id, task_id, subject_id, cause_seq, loc_id, arg FROM tick_records",
    [TICK__ADD_OBJECT] = "INSERT INTO objects VALUES(?,?,?,?,?,?,?,?,?,?)",
    [TICK__ADD_STRING] = "INSERT INTO strings VALUES(?,?)",
    [TICK__ADD_HOST] = "INSERT INTO hosts(host_id, name, address) VALUES(?1,?2,?2)",
    [TICK__ADD_TASK] = "INSERT INTO tasks(task_id, host_id, parent_task_id, name, loc_id) VALUES(?,?,?,?,?)",
    [TICK__ADD_FUTURE] = "INSERT INTO futures(future_id, type, task_id, resource_id) VALUES(?,?,?,?)",
    [TICK__ADD_RESOURCE] = "INSERT INTO resources VALUES(?,?,?,?)",
    [TICK__ADD_MESSAGE] = "INSERT INTO messages(message_id, src_host_id) VALUES(?,?)",
    [TICK__ADD_PAYLOAD] = "UPDATE messages SET payload = ?2, bytes = ?3 WHERE message_id = ?1",
    [TICK__ADD_LOCATION] = "INSERT INTO locations(loc_id, function, file, line, name) VALUES(?,?,?,?,?)",
    [TICK__ADD_CHOICE] = "INSERT INTO choices(seq, kind, subject, subject_id, ordinal, n, value, most, sound, line, words, ns)"
                         " VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
    [TICK__ADD_TMARK] = "INSERT INTO tmark VALUES(?,?)",
    [TICK__ADD_GAP] = "INSERT INTO gap VALUES(?,?,?)",
    [TICK__ADD_CHECKPOINT] = "INSERT INTO checkpoints VALUES(?,?)",
    [TICK__ADD_UNKEPT] = "INSERT INTO unkept(what, seq, object_id, offset, bytes, hash) VALUES(?,?,?,?,?,?)",
    [TICK__SET_META] = "INSERT OR REPLACE INTO meta VALUES(?,?)",
};

static const char *object_word(unsigned type) {
    switch (type) {
#define OBJECT_WORD(name, number, word) \
    case number: \
        return word;
        TICK_OBJECTS(OBJECT_WORD)
    default:
        return "object";
    }
}

int tick__write_failed(sqlite3 *db, const char *path, uint64_t stored, struct tick_error *error) {
    int code = sqlite3_errcode(db) & 0xff, cause = 0;
    if (code == SQLITE_IOERR)
        sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &cause);
    if (code == SQLITE_IOERR && (cause == ENOSPC || cause == EDQUOT || cause == EFBIG))
        code = SQLITE_FULL; // SQLite knows only one of the three by name
    switch (code) {
    case SQLITE_FULL:
        return tick_error_set(
            error, -ENOSPC, "%s: disk full: %llu events were stored before; make room, and try again", path, (unsigned long long)stored);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return tick_error_set(
            error, -EACCES, "%s cannot be written (%s): give a path in a folder that you may write to", path, sqlite3_errmsg(db));
    case SQLITE_INTERRUPT:
        return tick_error_set(error, TICK_ECANCELED, "%s: interrupted", path);
    case SQLITE_NOMEM:
        return tick_error_set(error, -ENOMEM, "%s: out of memory", path);
    case SQLITE_BUSY:
        return tick_error_set(error, -EBUSY, "%s is in use by another program: try again later", path);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return tick_error_set(error, TICK_EFORMAT, "%s is damaged (%s): record the run again", path, sqlite3_errmsg(db));
    default:
        return tick_error_set(error, -EIO, "%s cannot be written (%s): try another place", path, sqlite3_errmsg(db));
    }
}

int tick__sink_failed(struct tick__sink *sink) {
    return tick__write_failed(sink->db, sink->path, sink->stored, sink->error);
}

int tick__sink_exec(struct tick__sink *sink, const char *sql) {
    return sqlite3_exec(sink->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : tick__sink_failed(sink);
}

static int run(struct tick__sink *sink, enum tick__statement which) {
    sqlite3_stmt *statement = sink->statement[which];
    int code = sqlite3_step(statement);
    if (code != SQLITE_DONE) {
        code = tick__sink_failed(sink);
        sqlite3_reset(statement);
        return code;
    }
    sqlite3_reset(statement);
    return 0;
}

static void bind_id(sqlite3_stmt *statement, int column, uint64_t id) {
    if (id)
        sqlite3_bind_int64(statement, column, (sqlite3_int64)id);
    else
        sqlite3_bind_null(statement, column);
}

static void bind_text(sqlite3_stmt *statement, int column, const char *text) {
    sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC); // NULL binds NULL
}

int tick__sink_meta_text(struct tick__sink *sink, const char *key, const char *value) {
    if (!value)
        return 0;
    bind_text(sink->statement[TICK__SET_META], 1, key);
    bind_text(sink->statement[TICK__SET_META], 2, value);
    return run(sink, TICK__SET_META);
}

int tick__sink_meta_number(struct tick__sink *sink, const char *key, int64_t value) {
    bind_text(sink->statement[TICK__SET_META], 1, key);
    sqlite3_bind_int64(sink->statement[TICK__SET_META], 2, value);
    return run(sink, TICK__SET_META);
}

int tick__sink_meta(struct tick__sink *sink, const struct tick_trace_meta *meta) {
    sink->real = meta->real;
    TICK_TRY(tick__sink_meta_number(sink, "schema_version", TICK__SCHEMA_VERSION));
    TICK_TRY(tick__sink_meta_text(sink, "retick_version", TICK_VERSION));
    TICK_TRY(tick__sink_meta_text(sink, "scenario", meta->scenario));
    TICK_TRY(tick__sink_meta_text(sink, "scenario_file", meta->scenario_file));
    if (meta->options && *meta->options)
        TICK_TRY(tick__sink_meta_text(sink, "options", meta->options));
    TICK_TRY(tick__sink_meta_text(sink, "chooser", meta->chooser));
    TICK_TRY(tick__sink_meta_number(sink, "seed", (int64_t)meta->seed));
    TICK_TRY(tick__sink_meta_text(sink, "schedule", meta->schedule));
    TICK_TRY(tick__sink_meta_number(sink, "choice_version", TICK_CHOICE_VERSION));
    TICK_TRY(tick__sink_meta_number(sink, "real", meta->real));
    return tick__sink_meta_text(sink, "state", "recording");
}

static int create_one(struct tick__sink *sink, const char *what, const char *name, const char *opens, const char *text) {
    char *sql = sqlite3_mprintf("CREATE %s %s%s%s", what, name, opens, text);
    if (!sql)
        return tick_error_set(sink->error, -ENOMEM, "%s: out of memory", sink->path);
    int code = tick__sink_exec(sink, sql);
    sqlite3_free(sql);
    return code;
}

static int create_later(struct tick__sink *sink) {
    for (const struct tick__schema_table *table = tick__schema_later; table->name; table++)
        TICK_TRY(create_one(sink, "TABLE IF NOT EXISTS", table->name, "(", table->columns));
    return 0;
}

static int create(struct tick__sink *sink) {
    char sql[128];
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d;PRAGMA user_version=%d", TICK__APPLICATION_ID, TICK__SCHEMA_VERSION);
    TICK_TRY(tick__sink_exec(sink, "BEGIN"));
    TICK_TRY(tick__sink_exec(sink, sql));
    for (const char *const *part = tick__schema_tables; *part; part++)
        TICK_TRY(tick__sink_exec(sink, *part));
    for (const struct tick__schema_table *table = tick__schema_derived; table->name; table++)
        TICK_TRY(create_one(sink, "TABLE", table->name, "(", table->columns));
    TICK_TRY(create_later(sink));
    for (const struct tick__schema_view *view = tick__schema_views; view->name; view++)
        TICK_TRY(create_one(sink, "VIEW", view->name, " AS ", view->select));
#define KIND_ROW(name, number, word) "INSERT INTO kinds VALUES(" #number ",'" word "');"
    static const char *const kinds[] = {
#define KIND_ENTRY(name, number, word) KIND_ROW(name, number, word),
        TICK_EVENTS(KIND_ENTRY)};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        TICK_TRY(tick__sink_exec(sink, kinds[i]));
    return tick__sink_exec(sink, "COMMIT");
}

int tick__sink_open(struct tick__sink *sink, const char *file, const char *path, bool fresh, bool fast, struct tick_error *error) {
    *sink = (struct tick__sink){.path = path, .error = error};
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); // counting allocations costs a third; refused, harmlessly, once SQLite runs
    if (tick_names_new(&sink->names) < 0)
        return tick_error_set(error, -ENOMEM, "%s: out of memory", path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (fresh ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(file, &sink->db, flags, NULL) != SQLITE_OK)
        return tick__sink_failed(sink);
    if (!fresh)
        tick__guard_bind(sink->db);
    sqlite3_busy_timeout(sink->db, 5000); // a reader that is looking at this moment
    // No fsync: the file survives the death of every process, not that of the machine.
    TICK_TRY(tick__sink_exec(sink, "PRAGMA page_size=16384;PRAGMA synchronous=OFF;PRAGMA secure_delete=OFF;PRAGMA temp_store=MEMORY"));
    TICK_TRY(tick__sink_exec(sink, fast ? "PRAGMA locking_mode=EXCLUSIVE;PRAGMA journal_mode=OFF" : "PRAGMA journal_mode=PERSIST"));
    if (tick__record_table(sink) != SQLITE_OK)
        return tick__sink_failed(sink);
    TICK_TRY(fresh ? create(sink) : create_later(sink)); // a recording that an earlier version began
    for (int i = 0; i < TICK__STATEMENTS; i++)
        if (sqlite3_prepare_v3(sink->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &sink->statement[i], NULL) != SQLITE_OK)
            return tick__sink_failed(sink);
    return 0;
}

void tick__sink_close(struct tick__sink *sink) {
    for (int i = 0; i < TICK__STATEMENTS; i++)
        sqlite3_finalize(sink->statement[i]);
    sqlite3_close(sink->db);
    if (sink->names)
        tick_names_free(sink->names);
    *sink = (struct tick__sink){0};
}

static bool bulk(enum tick_object_type type) {
    return type == TICK_OBJECT_MESSAGE || type == TICK_OBJECT_HANDLE || type == TICK_OBJECT_STRING;
}

static int add_detail(struct tick__sink *sink, uint32_t id, const struct tick_object *object, uint16_t loc) {
    sqlite3_stmt *statement;
    switch (object->type) {
    case TICK_OBJECT_HOST:
        statement = sink->statement[TICK__ADD_HOST];
        sqlite3_bind_int64(statement, 1, id);
        bind_text(statement, 2, object->key);
        return run(sink, TICK__ADD_HOST);
    case TICK_OBJECT_TASK:
        statement = sink->statement[TICK__ADD_TASK];
        sqlite3_bind_int64(statement, 1, id);
        bind_id(statement, 2, object->host);
        bind_id(statement, 3, object->parent == object->host ? 0 : object->parent);
        bind_text(statement, 4, object->key);
        bind_id(statement, 5, loc);
        return run(sink, TICK__ADD_TASK);
    case TICK_OBJECT_FUTURE:
        statement = sink->statement[TICK__ADD_FUTURE];
        sqlite3_bind_int64(statement, 1, id);
        bind_text(statement, 2, object->key);
        bind_id(statement, 3, object->parent);
        sqlite3_bind_null(statement, 4);
        return run(sink, TICK__ADD_FUTURE);
    case TICK_OBJECT_MESSAGE:
        statement = sink->statement[TICK__ADD_MESSAGE];
        sqlite3_bind_int64(statement, 1, id);
        bind_id(statement, 2, object->host);
        return run(sink, TICK__ADD_MESSAGE);
    case TICK_OBJECT_LOCK:
    case TICK_OBJECT_QUEUE:
    case TICK_OBJECT_EVENT:
    case TICK_OBJECT_FD:
    case TICK_OBJECT_LINK:
    case TICK_OBJECT_USER:
        statement = sink->statement[TICK__ADD_RESOURCE];
        sqlite3_bind_int64(statement, 1, id);
        bind_text(statement, 2, object_word(object->type));
        bind_text(statement, 3, object->key);
        bind_id(statement, 4, object->host);
        return run(sink, TICK__ADD_RESOURCE);
    default:
        return 0;
    }
}

static int add_object(struct tick__sink *sink, uint32_t id, const struct tick_object *object, uint16_t loc) {
    char path[512];
    sqlite3_stmt *statement = sink->statement[TICK__ADD_OBJECT];
    sqlite3_bind_int64(statement, 1, id);
    bind_text(statement, 2, object_word(object->type));
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)object->id);
    sqlite3_bind_null(statement, 4);
    if (object->type != TICK_OBJECT_MESSAGE && object->type != TICK_OBJECT_STRING && (object->type != TICK_OBJECT_HANDLE || !sink->real))
        tick_names_tell(sink->names, id, object);
    if (!bulk(object->type)) {
        if (tick_names_path_of_object(sink->names, id, path, sizeof path) > 0)
            bind_text(statement, 4, path);
    }
    bind_id(statement, 5, object->parent);
    bind_id(statement, 6, object->host);
    bind_text(statement, 7, object->key);
    bind_id(statement, 8, object->kth);
    if (object->type == TICK_OBJECT_MESSAGE || object->type == TICK_OBJECT_HOST)
        sqlite3_bind_int64(statement, 9, (sqlite3_int64)object->ordinal);
    else
        sqlite3_bind_null(statement, 9);
    bind_id(statement, 10, loc);
    TICK_TRY(run(sink, TICK__ADD_OBJECT));
    return add_detail(sink, id, object, loc);
}

static int add_text(struct tick__sink *sink, uint32_t id, const struct tick__slot *slot) {
    char text[TICK__TEXT_MOST + 1];
    uint32_t host;
    tick__record_text(slot, text, &host);
    const struct tick_object object = {.type = TICK_OBJECT_STRING, .id = tick_id_text(text), .host = host};
    TICK_TRY(add_object(sink, id, &object, 0));
    sqlite3_bind_int64(sink->statement[TICK__ADD_STRING], 1, id);
    bind_text(sink->statement[TICK__ADD_STRING], 2, text);
    return run(sink, TICK__ADD_STRING);
}

static const struct {
    const char *word;
    int soundness, unit;
} choice_kinds[TICK_CHOICE_KINDS] = {
#define CHOICE_ROW(name, number, word, sound, rate, unit, manual, because) [name] = {word, sound, unit},
    TICK_CHOICES(CHOICE_ROW)};

static int add_choice(struct tick__sink *sink, uint32_t seq, const struct tick__slot *slot) {
    struct tick_deviation deviation;
    char line[512], words[512];
    tick__record_choice(slot, &deviation);
    bool known = deviation.kind < TICK_CHOICE_KINDS && choice_kinds[deviation.kind].word;
    sqlite3_stmt *statement = sink->statement[TICK__ADD_CHOICE];
    sqlite3_bind_int64(statement, 1, seq);
    bind_text(statement, 2, known ? choice_kinds[deviation.kind].word : "unknown");
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)deviation.subject);
    bind_id(statement, 4, tick_names_object(sink->names, deviation.subject));
    sqlite3_bind_int64(statement, 5, (sqlite3_int64)deviation.ordinal);
    sqlite3_bind_int64(statement, 6, deviation.n);
    sqlite3_bind_int64(statement, 7, deviation.value);
    sqlite3_bind_int64(statement, 8, deviation.most);
    sqlite3_bind_int64(statement, 9, known && choice_kinds[deviation.kind].soundness == TICK_SOUND);
    bind_text(statement, 10, known && tick_deviation_line(&deviation, sink->names, line, sizeof line) > 0 ? line : NULL);
    bind_text(statement, 11, known && tick_deviation_words(&deviation, sink->names, words, sizeof words) > 0 ? words : NULL);
    if (known && choice_kinds[deviation.kind].unit == TICK_UNIT_TIME)
        sqlite3_bind_int64(statement, 12, tick_scale_delay(deviation.value, deviation.n, deviation.most));
    else
        sqlite3_bind_null(statement, 12);
    return run(sink, TICK__ADD_CHOICE);
}

static int add_loc(struct tick__sink *sink, const struct tick__slot *slot) {
    struct tick_loc place;
    char room[3 * (TICK__KEY_MOST + 1)];
    tick__record_loc(slot, &place, room);
    sqlite3_stmt *statement = sink->statement[TICK__ADD_LOCATION];
    sqlite3_bind_int64(statement, 1, ((const struct tick__slot_head *)slot)->number);
    bind_text(statement, 2, place.function);
    bind_text(statement, 3, place.file);
    sqlite3_bind_int64(statement, 4, place.line);
    bind_text(statement, 5, place.name);
    return run(sink, TICK__ADD_LOCATION);
}

static int add_payload(struct tick__sink *sink, const struct tick__slot *slot) {
    size_t kept;
    uint64_t count;
    const void *bytes = tick__record_payload(slot, &kept, &count);
    sqlite3_stmt *statement = sink->statement[TICK__ADD_PAYLOAD];
    sqlite3_bind_int64(statement, 1, ((const struct tick__slot_head *)slot)->number);
    sqlite3_bind_blob(statement, 2, bytes, (int)kept, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)count);
    return run(sink, TICK__ADD_PAYLOAD);
}

static int add_checkpoint(struct tick__sink *sink, const struct tick__slot *slot) {
    const struct tick__slot_checkpoint *checkpoint = (const struct tick__slot_checkpoint *)slot;
    if (sink->real)
        return 0; // host times: no two runs are alike
    sqlite3_bind_int64(sink->statement[TICK__ADD_CHECKPOINT], 1, checkpoint->head.number);
    sqlite3_bind_blob(sink->statement[TICK__ADD_CHECKPOINT], 2, checkpoint->digest, sizeof checkpoint->digest, SQLITE_STATIC);
    return run(sink, TICK__ADD_CHECKPOINT);
}

static int add_unkept(struct tick__sink *sink, const struct tick__slot *slot) {
    const struct tick__slot_unkept *unkept = (const struct tick__slot_unkept *)slot;
    sqlite3_stmt *statement = sink->statement[TICK__ADD_UNKEPT];
    if (sink->real)
        return 0; // no two runs are alike
    bind_text(statement, 1, unkept->head.detail <= TICK_CONTENT_WRITTEN ? tick_content_words[unkept->head.detail] : "unknown");
    sqlite3_bind_int64(statement, 2, sink->taken.seq);
    sqlite3_bind_int64(statement, 3, unkept->head.number);
    sqlite3_bind_int64(statement, 4, (sqlite3_int64)unkept->offset);
    sqlite3_bind_int64(statement, 5, (sqlite3_int64)unkept->count);
    sqlite3_bind_int64(statement, 6, (sqlite3_int64)unkept->hash);
    return run(sink, TICK__ADD_UNKEPT);
}

// What the run's end tells is how many events are missing; of places, that some are.
static int take_gap(struct tick__sink *sink, const struct tick__slot *slot) {
    static const char *const words[] = {
        [TICK__GAP_NUMBERS] = TICK__OUT_OF_NUMBERS,
        [TICK__GAP_PLACES] = "a trace has numbers for 65535 places of a program: others are left out",
        [TICK__GAP_PLACE_MEMORY] = "out of memory: some places of the program are left out",
    };
    const unsigned why = ((const struct tick__slot_head *)slot)->detail;
    sqlite3_bind_int64(sink->statement[TICK__ADD_GAP], 1, (sqlite3_int64)sink->taken.seq + 1);
    sqlite3_bind_int64(sink->statement[TICK__ADD_GAP], 2, 0);
    bind_text(sink->statement[TICK__ADD_GAP], 3, why < sizeof words / sizeof *words ? words[why] : NULL);
    return run(sink, TICK__ADD_GAP);
}

// Of events that are missing; where numbers ran out, there is a row already.
static int tell_lost(struct tick__sink *sink) {
    char sql[200];
    snprintf(sql, sizeof sql, "UPDATE gap SET lost = %llu WHERE why = '" TICK__OUT_OF_NUMBERS "'", (unsigned long long)sink->lost);
    TICK_TRY(tick__sink_exec(sink, sql));
    if (sqlite3_changes(sink->db))
        return 0;
    sqlite3_bind_int64(sink->statement[TICK__ADD_GAP], 1, (sqlite3_int64)sink->taken.seq + 1);
    sqlite3_bind_int64(sink->statement[TICK__ADD_GAP], 2, (sqlite3_int64)sink->lost);
    bind_text(sink->statement[TICK__ADD_GAP], 3, sink->why_lost);
    return run(sink, TICK__ADD_GAP);
}

static void take_end(struct tick__sink *sink, const struct tick__slot *slot) {
    const struct tick__slot_end *end = (const struct tick__slot_end *)slot;
    sink->ended = true;
    sink->lost = end->lost;
    memcpy(sink->verdict, end->verdict, sizeof sink->verdict);
    memcpy(sink->digest, end->digest, sizeof sink->digest);
    memcpy(sink->contents, end->contents, sizeof sink->contents);
}

static int take_definition(struct tick__sink *sink, const struct tick__slot *slot) {
    struct tick__cursor *cursor = &sink->taken;
    struct tick_object object;
    uint16_t loc;
    char room[TICK__KEY_MOST + 1];
    switch (slot->tag) {
    case TICK__REC_TIME:
        cursor->base = slot->arg;
        return 0;
    case TICK__REC_OBJECT:
        tick__record_object(slot, &object, &loc, room);
        return add_object(sink, ++cursor->objects, &object, loc);
    case TICK__REC_TEXT:
        return add_text(sink, ++cursor->objects, slot);
    case TICK__REC_LOC:
        return add_loc(sink, slot);
    case TICK__REC_PAYLOAD:
        return add_payload(sink, slot);
    case TICK__REC_CHOICE:
        return add_choice(sink, cursor->seq + 1, slot);
    case TICK__REC_CHECKPOINT:
        return add_checkpoint(sink, slot);
    case TICK__REC_UNKEPT:
        return add_unkept(sink, slot);
    case TICK__REC_END:
        take_end(sink, slot);
        return 0;
    case TICK__REC_GAP:
        return take_gap(sink, slot);
    default:
        return 0; // PAD
    }
}

int tick__sink_take(struct tick__sink *sink, const struct tick__records *records, uint64_t upto) {
    sink->records = *records;
    sink->upto = upto;
    sink->rows = sink->taken;
    struct tick__cursor *cursor = &sink->taken;
    while (cursor->position < upto) {
        const struct tick__slot *slot = tick__record_at(records, cursor->position);
        if (slot->tag >= TICK__REC_PAD) {
            TICK_TRY(take_definition(sink, slot));
            cursor->position += tick__record_slots(slot);
            continue;
        }
        cursor->position++;
        if (++cursor->seq % TICK__CHECKPOINT_EVENTS == 0) {
            sqlite3_bind_int64(sink->statement[TICK__ADD_TMARK], 1, cursor->base + slot->after);
            sqlite3_bind_int64(sink->statement[TICK__ADD_TMARK], 2, cursor->seq);
            TICK_TRY(run(sink, TICK__ADD_TMARK));
        }
    }
    return cursor->seq == sink->rows.seq ? 0 : run(sink, TICK__ADD_EVENTS);
}

int tick__sink_commit(struct tick__sink *sink) {
    TICK_TRY(tick__sink_exec(sink, "COMMIT"));
    sink->stored = sink->taken.seq;
    return 0;
}

static int meta_digest(struct tick__sink *sink, const char *key, const uint8_t digest[16]) {
    char hex[33];
    for (int i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return tick__sink_meta_text(sink, key, hex);
}

int tick__sink_end(struct tick__sink *sink, const char *state) {
    if (sink->ended) {
        TICK_TRY(tick__sink_meta_text(sink, "verdict", sink->verdict));
        TICK_TRY(tick__sink_exec(sink,
            "INSERT OR REPLACE INTO meta SELECT 'text', s.value FROM events e JOIN strings s ON s.string_id = e.subject_id"
            " WHERE e.kind = 34 ORDER BY e.seq DESC LIMIT 1"));
        if (!sink->real) {
            TICK_TRY(meta_digest(sink, "digest", sink->digest));
            TICK_TRY(meta_digest(sink, "contents", sink->contents));
        }
    }
    if (sink->lost)
        TICK_TRY(tell_lost(sink));
    bool now = sink->taken.seq <= TICK__DERIVE_AT_ONCE;
    if (now)
        TICK_TRY(tick__derive(sink->db, sink->path, false, NULL, NULL, sink->error));
    TICK_TRY(tick__sink_meta_number(sink, "derived", now));
    TICK_TRY(tick__sink_meta_number(sink, "events", sink->taken.seq));
    return tick__sink_meta_text(sink, "state", state);
}
