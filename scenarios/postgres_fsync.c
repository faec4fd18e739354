// "fsyncgate": rows that were committed, and are gone after a power failure. A checkpoint of PostgreSQL syncs the tables' files, and then
// needs the log before it no more; when fsync failed, the checkpoint did, and the next one tried again. But Linux reports a failed write
// once and keeps the pages as if they were clean: the second fsync said 0, and the rows were neither on the disk nor in the log.
//     https://mail-archive.com/pgsql-hackers@lists.postgresql.org/msg10982.html
//     https://thebuild.com/blog/all-your-gucs-in-a-row-datasyncretry/    https://postgresqlco.nf/doc/en/param/data_sync_retry/
//
// Expected: postgres_fsync fails the application's check in some schedules; postgres_fsync_fixed, which as 11.2 panics when it cannot sync
// a table, and recovers the pages from the log, in none.
#include <errno.h>
#include <fcntl.h>
#include <retick.h>
#include <stdio.h>

#define ROWS 12
#define PAGE 4096 // a row has one of its own
#define CHECKPOINT_TIMEOUT TICK_MS(50)

// --- the server. A log record is a row's number ---

struct postgres {
    bool fixed; // data_sync_retry = off
    struct tick_sys *sys;
    int wal, table, control; // files
    int64_t insert;          // where the log's next record goes
    bool panic;
};

static int sync_file(struct postgres *pg, int file, bool retry) {
    int result = pg->sys->ops->fsync(pg->sys, file);
    if (result < 0) {
        tick_mark(retry ? "ERROR: could not fsync file" : "PANIC: could not fsync file");
        pg->panic |= !retry;
    }
    return result;
}

static int commit(struct postgres *pg, int row) {
    TICK_TRY((int)pg->sys->ops->pwrite(pg->sys, pg->wal, &row, sizeof row, pg->insert));
    pg->insert += (int64_t)sizeof row;
    TICK_TRY(sync_file(pg, pg->wal, false));
    return (int)pg->sys->ops->pwrite(pg->sys, pg->table, &row, sizeof row, (int64_t)row * PAGE); // to the kernel's cache
}

// Afterwards recovery begins here, and the log before it is not needed any more.
static int checkpoint(struct postgres *pg) {
    int64_t redo = pg->insert;
    TICK_TRY(sync_file(pg, pg->table, !pg->fixed));
    TICK_TRY((int)pg->sys->ops->pwrite(pg->sys, pg->control, &redo, sizeof redo, 0));
    return sync_file(pg, pg->control, false);
}

static int open_file(struct postgres *pg, const char *path, int *file) {
    return *file = pg->sys->ops->open(pg->sys, path, O_RDWR | O_CREAT, 0600);
}

static int recover(struct postgres *pg) {
    int directory = pg->sys->ops->open(pg->sys, "/", O_RDONLY | O_DIRECTORY, 0), row;
    TICK_TRY(directory);
    TICK_TRY(open_file(pg, "/wal", &pg->wal));
    TICK_TRY(open_file(pg, "/table", &pg->table));
    TICK_TRY(open_file(pg, "/control", &pg->control));
    sync_file(pg, directory, false);
    TICK_TRY(pg->sys->ops->close(pg->sys, directory));
    pg->insert = 0;
    TICK_TRY((int)pg->sys->ops->pread(pg->sys, pg->control, &pg->insert, sizeof pg->insert, 0));
    while (pg->sys->ops->pread(pg->sys, pg->wal, &row, sizeof row, pg->insert) == sizeof row) {
        TICK_TRY((int)pg->sys->ops->pwrite(pg->sys, pg->table, &row, sizeof row, (int64_t)row * PAGE));
        pg->insert += (int64_t)sizeof row;
    }
    return 0;
}

static int backend(tick_stream *client, void *arg) {
    struct postgres *pg = arg;
    char line[32];
    int row;
    while (!pg->panic && tick_stream_read_line(client, line, sizeof line) > 0) {
        if (sscanf(line, "insert %d", &row) == 1) {
            TICK_TRY(commit(pg, row) < 0 ? TICK_ECLOSED : 0);
            TICK_TRY((int)tick_stream_printf(client, "committed\n"));
        } else if (sscanf(line, "select %d", &row) == 1) {
            int found = 0;
            pg->sys->ops->pread(pg->sys, pg->table, &found, sizeof found, (int64_t)row * PAGE);
            TICK_TRY((int)tick_stream_printf(client, "%d\n", found));
        }
    }
    return TICK_ECLOSED;
}

// Until it panics.
static int run_server(struct postgres *pg) {
    tick_server *server;
    pg->panic = false;
    TICK_TRY(recover(pg));
    TICK_TRY(tick_server_open(":5432", backend, pg, &server));
    while (!pg->panic) {
        TICK_TRY(tick_sleep(CHECKPOINT_TIMEOUT));
        if (!pg->panic)
            checkpoint(pg);
    }
    tick_server_cancel(server);
    int result = tick_server_wait(server);
    tick_server_free(server);
    pg->sys->ops->close(pg->sys, pg->wal);
    pg->sys->ops->close(pg->sys, pg->table);
    pg->sys->ops->close(pg->sys, pg->control);
    return result;
}

static int postmaster(void *fixed) {
    struct postgres pg = {.fixed = fixed != NULL, .sys = tick_sys_running()};
    for (;;)
        TICK_TRY(run_server(&pg)); // starts it again
}

// --- the application: inserts rows, whatever it takes, and looks for them the next day ---

static int ask(const char *verb, int row, char *answer, size_t size) {
    tick_stream *server;
    TICK_TRY(tick_connect("postgres:5432", &server));
    int result = (int)tick_stream_printf(server, "%s %d\n", verb, row);
    if (result >= 0)
        result = (int)tick_stream_read_line(server, answer, size);
    tick_stream_close(server);
    return result ? result : TICK_ECLOSED;
}

static int ask_until_answered(const char *verb, int row, char *answer, size_t size) {
    while (tick_within(TICK_MS(200), ask(verb, row, answer, size)) < 0) {
        tick_mark("the application asks again");
        TICK_TRY(tick_sleep(TICK_MS(20)));
    }
    return 0;
}

static int application(void *unused) {
    (void)unused;
    char answer[32];
    for (int row = 1; row <= ROWS; row++) {
        TICK_TRY(ask_until_answered("insert", row, answer, sizeof answer));
        TICK_TRY(tick_sleep(TICK_MS(20)));
    }
    TICK_TRY(tick_sleep(TICK_SEC(1)));
    for (int row = 1; row <= ROWS; row++) {
        int found;
        TICK_TRY(ask_until_answered("select", row, answer, sizeof answer));
        TICK_TRY(tick_check(sscanf(answer, "%d", &found) == 1 && found == row, "row %d was committed, and is not in the table", row));
    }
    return 0;
}

static void world_with(struct tick_world *world, void *fixed) {
    struct tick_host *postgres = tick_daemon(world, "postgres", postmaster, fixed);
    tick_host_add(world, "app", application, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(10));
    tick_disk(world, postgres, .syncs = true);
    tick_faults(world, "power", .kinds = TICK_CRASH, .until = TICK_MS(500), .lasts = TICK_MS(100), .most = 1, .among = {postgres});
}

TICK_SCENARIO(postgres_fsync, "a checkpoint that could not sync a table is tried again") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(postgres_fsync_fixed, "the same, with a server that panics and recovers from its log") {
    world_with(world, &yes);
}
