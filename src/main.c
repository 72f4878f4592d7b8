/* The program's entry: all of it is in src/cli. */
#include "dj/cli.h"

int main(int argc, char **argv)
{
    return dj_cli_main(argc, argv);
}
