// SPDX-License-Identifier: GPL-2.0-or-later
/* flowgen: the command line.  See flowgen.h for the protocol. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "flowgen.h"

static const char usage[] =
	"Usage: flowgen server NAME ADDR... PORT\n"
	"       flowgen client [ -d SECONDS ] [ -p PORT ] [ -b ADDR ] ADDR... PORT\n"
	"\n"
	"server  answers TCP and UDP requests to ADDR with NAME\n"
	"client  keeps flows open and reads commands from stdin; flows are spread\n"
	"        over the ADDRs in turn\n"
	"  -d SECONDS  how long a flow may take to answer (default 2)\n"
	"  -p PORT     first source port (default 10000)\n"
	"  -b ADDR     source address\n"
	"\n"
	"Commands, each answered with one line of JSON:\n"
	"  open tcp|udp N        open N flows and learn their instance\n"
	"  probe                 ask every flow once\n"
	"  background RATE       from now on ask RATE flows per second, in turn\n"
	"  wait N                until N more replies have come in the background\n"
	"  stop                  end the background traffic and report like probe\n"
	"  mark                  later moves count from the present instances on;\n"
	"                        broken flows are forgotten\n"
	"  share tcp|udp N [K]   open N flows, K at a time, and count\n"
	"  get N, put N          N bytes over TCP, compared\n"
	"  close                 close all flows\n"
	"  quit                  as does the end of stdin\n";

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && !strcmp(argv[1], "server"))
		return server_main(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "client"))
		return client_main(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "help")) {
		fputs(usage, stdout);
		return 0;
	}
	fputs(usage, stderr);
	return 2;
}
