#include "cmd/serve.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/config_file.h"
#include "cmd/say_dhcp.h"
#include "io/log.h"
#include "proc/keeper.h"
#include "proc/paths.h"
#include "proc/say.h"
#include "proc/spawn.h"
#include "proc/user.h"

#define UNPRIVILEGED_HTTP 8080
#define UNPRIVILEGED_TFTP 6969

enum {
	OPTION_HTTP_PORT = 256,
	OPTION_TFTP_PORT,
	OPTION_DHCP,
	OPTION_RANGE,
	OPTION_THREADS,
	OPTION_CONTROL,
	OPTION_STATE,
	OPTION_USER,
	OPTION_ADDRESS,
};

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0, "Configuration (default " CONFIG_FILE ")", 0},
    {"interface", 'i', "NAME", 0, "Serve on this interface; may be repeated",
        0},
    {"address", OPTION_ADDRESS, "IP", 0,
        "Our address, where an interface has several", 0},
    {"dhcp", OPTION_DHCP, "MODE", 0,
        "proxy: beside another DHCP server (default); server: hand out "
        "addresses; off",
        0},
    {"range", OPTION_RANGE, "FIRST-LAST", 0,
        "Addresses that the DHCP server hands out", 0},
    {"http-port", OPTION_HTTP_PORT, "N", 0, "Port for HTTP (default 80)", 0},
    {"tftp-port", OPTION_TFTP_PORT, "N", 0, "Port for TFTP (default 69)", 0},
    {"threads", OPTION_THREADS, "N", 0, "Event loops (default: one per CPU)",
        0},
    {"state", OPTION_STATE, "DIR", 0,
        "What must survive a restart (default /var/lib/hobnail)", 0},
    {"control", OPTION_CONTROL, "PATH", 0,
        "Socket for the other commands (default /run/hobnail/control.sock)", 0},
    {"user", OPTION_USER, "NAME", 0,
        "Run as this user (default " USER_DEFAULT ")", 0},
    {"verbose", 'v', NULL, 0, "Log more", 0},
    {0},
};

/* The plain options, which are keys of the configuration as well. */
static const struct {
	int option;
	const char *key;
} keys[] = {
    {OPTION_ADDRESS, "address"},
    {OPTION_DHCP, "dhcp.mode"},
    {OPTION_RANGE, "dhcp.range"},
    {OPTION_HTTP_PORT, "http_port"},
    {OPTION_TFTP_PORT, "tftp_port"},
    {OPTION_THREADS, "threads"},
};

/* The command line.  Texts are those of argv. */
struct call {
	const char *values[ARRAY_LEN(keys)]; /* NULL: not given */
	const char *interfaces[CONFIG_INTERFACES_MAX];
	size_t interface_count;
	const char *images, *config, *state, *control, *user;
	bool verbose;
};

static bool
take_key(struct call *call, int option, const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (keys[i].option != option)
			continue;
		call->values[i] = value;
		return true;
	}
	return false;
}

static error_t
take(int option, char *arg, struct argp_state *state)
{
	struct call *call = state->input;

	switch (option) {
	case 'c':
		call->config = arg;
		break;
	case 'i':
		if (call->interface_count == CONFIG_INTERFACES_MAX)
			argp_error(state, "too many interfaces");
		else
			call->interfaces[call->interface_count++] = arg;
		break;
	case OPTION_STATE:
		call->state = arg;
		break;
	case OPTION_CONTROL:
		call->control = arg;
		break;
	case OPTION_USER:
		call->user = arg;
		break;
	case 'v':
		call->verbose = true;
		break;
	case ARGP_KEY_ARG:
		if (call->images)
			argp_error(state, "one folder only: '%s'", arg);
		call->images = arg;
		break;
	default:
		return take_key(call, option, arg) ? 0 : ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The command line over the file.  False where it is wrong. */
static bool
apply(struct config *c, struct call *call)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *fault = call->values[i] ? config_set(c, keys[i].key,
		                                          call->values[i])
		                                    : NULL;

		if (fault) {
			say_error("%s: '%s' is not allowed; it must be %s",
			    keys[i].key, call->values[i], fault);
			return false;
		}
	}
	if (call->interface_count)
		config_interfaces(c, call->interfaces, call->interface_count);
	if (call->images)
		c->images = call->images;
	return true;
}

/* What an ordinary user can do: high ports and no DHCP. */
static void
adapt(struct config *c)
{
	struct settings *s = &c->settings;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (s->threads == 0)
		s->threads = cpus < 1 ? 1 : (uint32_t)cpus;
	if (s->threads > SOCKETS_MAX)
		s->threads = SOCKETS_MAX;
	if (user_binds_low_ports())
		return;
	if (!c->http_port_said)
		s->http_port = UNPRIVILEGED_HTTP;
	if (!c->tftp_port_said)
		s->tftp_port = UNPRIVILEGED_TFTP;
	if (!c->dhcp_mode_said)
		s->dhcp = DHCP_MODE_OFF;
	say_warning("without root%s: HTTP on port %u, TFTP on port %u; "
	            "firmware asks port 69, so machines find this server only "
	            "if another DHCP server names it",
	    s->dhcp == DHCP_MODE_OFF ? " there is no DHCP" : "", s->http_port,
	    s->tftp_port);
}

static bool
check_call(const struct config *c)
{
	const char *fault = config_check(c);

	if (!c->images)
		fault = "no folder was named: hobnail serve DIR, or 'images' "
		        "in the configuration";
	if (fault)
		say_error("%s", fault);
	for (size_t i = 0; i < c->interface_count; i++)
		if (!interface_exists(c->interfaces[i]))
			say_warning("there is no interface '%s' (yet); 'ip "
			            "link' lists those that there are",
			    c->interfaces[i]);
	return !fault;
}

static void
say_addresses(const struct settings *s)
{
	char ip[IP4_TEXT_SIZE], port[8] = "";

	if (s->http_port != 80)
		(void)snprintf(port, sizeof(port), ":%u", s->http_port);
	for (size_t i = 0; i < s->interface_count; i++) {
		const char *address = ip4_text(s->interfaces[i].ip, ip);

		say("  on %s, %s/%u: http://%s%s/boot.ipxe",
		    s->interfaces[i].name, address, s->interfaces[i].prefix,
		    address, port);
	}
	if (s->interface_count == 0)
		say("  on no interface yet: none has carrier and an IPv4 "
		    "address ('interfaces' in the configuration or -i NAME "
		    "chooses others)");
}

static void
introduce(struct keeper *k)
{
	static const char *const modes[] = {
	    [DHCP_MODE_PROXY] = "proxy: beside the DHCP server of this network",
	    [DHCP_MODE_SERVER] = "server: this server hands out addresses",
	    [DHCP_MODE_OFF] = "off",
	};
	const struct settings *s = &k->config->settings;
	size_t images = folders_images(&k->folders);

	say("hobnail serves '%s'", k->folders.images);
	if (images)
		say("  %zu ISO file%s", images, images == 1 ? "" : "s");
	else
		say("  no ISO file in it yet; copy one there, and it is in "
		    "the menu");
	say_addresses(s);
	say("  DHCP %s", modes[s->dhcp]);
	say("  state in '%s'", k->folders.state);
	if (s->dhcp == DHCP_MODE_OFF)
		say_foreign_dhcp(s);
}

/* The folder of the control socket, where it is ours to make. */
static int
make_control_folder(const char *path, const struct user *user)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path || (size_t)(slash - path) >= PATH_MAX)
		return 0;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	return folder_make(folder, user->uid, user->gid, 0755);
}

static int
open_control(struct keeper *k, const char *path, const struct user *user)
{
	int fault = make_control_folder(path, user);

	if (fault) {
		say_error("cannot make a folder for the control socket '%s': "
		          "%s; choose another with --control",
		    path, strerror(-fault));
		return fault;
	}
	return sockets_open_control(&k->sockets, path, user->uid, user->gid);
}

/* Open everything that takes root, then stop being root.  0 or -errno; what
 * is wrong has been said. */
static int
open_all(struct keeper *k, const struct call *call, const char *control)
{
	struct user user;
	int fault = user_find(call->user ? call->user : USER_DEFAULT, &user);

	if (fault)
		return fault;
	k->binary = spawn_binary();
	if (k->binary < 0) {
		say_error(
		    "cannot open /proc/self/exe: %s", strerror(-k->binary));
		return k->binary;
	}
	fault = folders_open(&k->folders, user.uid, user.gid);
	if (fault)
		return fault;
	fault = open_control(k, control, &user);
	if (fault)
		return fault;
	(void)keeper_interfaces(k);
	k->config->settings.ports_off =
	    sockets_open(&k->sockets, &k->config->settings);
	fault = user_become(&user);
	if (fault)
		say_error("cannot become user '%s': %s",
		    call->user ? call->user : USER_DEFAULT, strerror(-fault));
	return fault;
}

static int
serve(struct config *config, const struct call *call)
{
	char state[PATH_MAX], control[PATH_MAX];
	struct keeper *k = mem_alloc(sizeof(*k));
	int status = EXIT_FAILURE;

	k->config = config;
	k->settings = -1;
	k->wish = (struct interfaces_wish){.names = config->interfaces,
	    .name_count = config->interface_count,
	    .address = config->address};
	k->folders = folders_at(
	    config->images, call->state ? call->state : path_state(state));
	if (open_all(k, call,
	        call->control ? call->control : path_control(control)) == 0) {
		folders_check(&k->folders);
		introduce(k);
		status = keeper_run(k);
	}
	sockets_close(&k->sockets);
	folders_close(&k->folders);
	free(k);
	return status;
}

int
serve_main(int argc, char **argv)
{
	static const struct argp argp = {.options = options,
	    .parser = take,
	    .args_doc = "[DIR]",
	    .doc = "Serve the ISO files in DIR to every machine that boots "
	           "from the network."};
	char program[] = "hobnail serve";
	struct call call = {0};
	struct config config;
	int status = 2;

	argv[0] = program;
	argp_err_exit_status = 2;
	if (argp_parse(&argp, argc, argv, 0, NULL, &call))
		return status;
	if (call.verbose)
		(void)setenv("HOBNAIL_VERBOSE", "1", 1);
	log_init("keeper", call.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	(void)signal(SIGPIPE, SIG_IGN);
	config_init(&config);
	if (config_file_read(&config, call.config) && apply(&config, &call)) {
		adapt(&config);
		if (check_call(&config))
			status = serve(&config, &call);
	}
	config_clear(&config);
	return status;
}
