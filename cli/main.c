// The program `retick`: its command line, over scenarios that it loads.
#include <retick/scenario.h>

int main(int argc, char **argv) {
    return tick_main(argc, argv);
}
