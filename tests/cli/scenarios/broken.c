// Does not compile.
#include <retick.h>

static int nap(void *unused) {
    return no_such_thing;
}
