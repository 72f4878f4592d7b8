/* The command line: argv becomes a request, a help text or a report. */
#ifndef DJ_CLI_H
#define DJ_CLI_H

/* Runs the program; returns its exit code (enum dj_exit). */
int dj_cli_main(int argc, char **argv);

#endif
