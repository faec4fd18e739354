// Names of unix sockets: they lie on the world's disk, whose kernel follows no links.
#include "sim/guest/files_int.h"
#include <string.h>
#include <sys/un.h>

#define HEAD offsetof(struct sockaddr_un, sun_path)

// Relative names are taken from where the program stands.
static int stand(void) {
    char inner[TICK__PATH_SIZE + 2];
    bool real;
    const char *folder = tick__file_working_folder(&real);
    const size_t size = strlen(folder);
    memcpy(inner, folder, size);
    memcpy(inner + size, "/x", 3);
    const int error = tick__file_folders(inner);
    return error ? error : tick_kernel_disk_folder(tick__guest_kernel, TICK__HOST, folder);
}

static bool is_plain(const char *name, const char *path) {
    bool real;
    const char *folder = tick__file_working_folder(&real);
    const size_t size = strcmp(folder, "/") != 0 ? strlen(folder) : 0;
    return *name == '/' ? !strcmp(name, path) : !strncmp(path, folder, size) && path[size] == '/' && !strcmp(path + size + 1, name);
}

int tick__file_socket(const struct sockaddr *from, socklen_t *size, bool makes, struct sockaddr_un *to) {
    struct tick__file_place place;
    if (!from || *size <= HEAD || *size > sizeof *to || from->sa_family != AF_UNIX || !((const struct sockaddr_un *)from)->sun_path[0])
        return 0;
    char name[sizeof to->sun_path + 1];
    memcpy(name, ((const struct sockaddr_un *)from)->sun_path, *size - HEAD);
    name[*size - HEAD] = 0;
    int error = tick__file_find(AT_FDCWD, name, !makes, &place);
    if (error < 0 || place.what == TICK__FILE_PASSED)
        return error;
    if (makes && place.what != TICK__FILE_NOTHING)
        return -EADDRINUSE;
    error = makes ? tick__file_folders(place.path) : 0;
    if (!error && *name != '/')
        error = stand();
    const size_t length = strlen(place.path);
    if (error || is_plain(name, place.path) || length >= sizeof to->sun_path)
        return error;
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(to->sun_path, place.path, length + 1);
    *size = (socklen_t)(HEAD + length + 1);
    return 1;
}
