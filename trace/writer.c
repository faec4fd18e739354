// A recorder's memory as a file: written beside its place under another name, and renamed when it is complete.
#include "trace/recorder_int.h"
#include "trace/sink_int.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int store(struct tick__sink *sink, struct tick_recorder *recorder, const struct tick_trace_meta *meta) {
    uint64_t upto;
    struct tick__records records = tick__recorder_records(recorder, &upto);
    TICK_TRY(tick__sink_exec(sink, "BEGIN"));
    TICK_TRY(tick__sink_meta(sink, meta));
    TICK_TRY(tick__sink_take(sink, &records, upto));
    TICK_TRY(tick__sink_commit(sink));
    if (recorder->losing) { // the end was told, but not kept
        sink->ended = recorder->ended;
        sink->lost = recorder->seq - recorder->kept_seq;
        sink->why_lost = "out of memory";
        memcpy(sink->verdict, recorder->verdict, sizeof sink->verdict);
        memcpy(sink->digest, recorder->result, sizeof sink->digest);
    }
    TICK_TRY(tick__sink_exec(sink, "BEGIN"));
    TICK_TRY(tick__sink_end(sink, "closed"));
    return tick__sink_exec(sink, "COMMIT");
}

int tick_trace_store(struct tick_recorder *recorder, const char *path, const struct tick_trace_meta *meta, struct tick_error *error) {
    char temporary[4096], journal[4096 + 16];
    struct stat about;
    if (recorder->ring)
        return tick_error_set(error, -EINVAL, "%s: a recorder with a ring is drained, not stored", path);
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return tick_error_set(error, -EISDIR, "%s is a folder: give the name of a file", path);
    // In the same folder, so that the rename stays within one file system.
    int length = snprintf(temporary, sizeof temporary, "%s.part%d", path, (int)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary)
        return tick_error_set(error, -ENAMETOOLONG, "%s: the name is too long", path);
    unlink(temporary);
    struct tick__sink sink;
    int code = tick__sink_open(&sink, temporary, path, true, true, error);
    if (code == 0)
        code = store(&sink, recorder, meta);
    tick__sink_close(&sink);
    if (code == 0 && rename(temporary, path) < 0)
        code = tick_error_set(error, -errno, "%s cannot be written: %s; name another place", path, strerror(errno));
    if (code < 0) {
        unlink(temporary);
        return code;
    }
    snprintf(journal, sizeof journal, "%s-journal", path); // an earlier recording's: it would be taken for ours
    unlink(journal);
    return 0;
}
