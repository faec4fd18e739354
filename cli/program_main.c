// The main of a program that carries scenarios of its own: linked beside them, it gives them retick's command line.
#include <retick/scenario.h>

int main(int argc, char **argv) {
    return tick_main(argc, argv);
}
