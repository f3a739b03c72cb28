#include "proc/keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/scope.h"
#include "io/log.h"
#include "io/memfd.h"
#include "proc/notify.h"
#include "proc/roles.h"
#include "proc/say.h"

#define PATIENCE 3000 /* ms for the roles to end in good order */
#define SETTLE 500    /* ms after the last change of an address */
#define BATCH 32      /* messages of one role before others' turn */

static void role_message(void *owner, uint32_t events);
static void role_start(void *owner);

static bool
runs(const struct keeper *k, enum role role)
{
	return k->children[role].channel.fd >= 0;
}

/* Tell admin how a role is. */
static void
report_status(struct keeper *k, enum role role)
{
	struct child *c = &k->children[role];
	struct ipc m = {.kind = IPC_STATUS, .number = role};

	if (!runs(k, ROLE_ADMIN))
		return;
	m.id = (uint64_t)(role == ROLE_KEEPER ? getpid() : c->pid);
	m.text = span_text(role == ROLE_KEEPER ? k->level : c->level);
	(void)child_send(&k->children[ROLE_ADMIN], &m, -1);
}

/* Make a channel between two roles and give each its end. */
static void
connect_roles(struct keeper *k, struct child *a, struct child *b)
{
	struct ipc to_a = {.kind = IPC_PEER, .number = b->role};
	struct ipc to_b = {.kind = IPC_PEER, .number = a->role};
	int pair[2];
	int fault = channel_pair(pair);

	(void)k;
	if (fault) {
		log_line(LOG_LEVEL_ERROR, "channel", "error=%s",
		    log_text(span_text(strerror(-fault))));
		return;
	}
	(void)child_send(a, &to_a, pair[0]);
	(void)child_send(b, &to_b, pair[1]);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
give_sockets(struct keeper *k, struct child *c)
{
	for (enum ipc_socket kind = 0; kind < SOCKET_KINDS; kind++) {
		if (!role_has_socket(c->role, kind))
			continue;
		for (size_t i = 0; i < k->sockets.count[kind]; i++) {
			struct ipc m = {
			    .kind = IPC_SOCKET, .number = kind, .id = i};

			(void)child_send(c, &m, k->sockets.fds[kind][i]);
		}
	}
}

static void
give_folders(struct keeper *k, struct child *c)
{
	for (enum ipc_folder kind = 0; kind < FOLDER_KINDS; kind++) {
		struct ipc m = {.kind = IPC_FOLDER, .number = kind};

		if (!role_has_folder(c->role, kind))
			continue;
		if (kind == FOLDER_IMAGES)
			m.text = span_text(k->folders.images);
		else if (kind == FOLDER_STATE)
			m.text = span_text(k->folders.state);
		(void)child_send(c, &m, k->folders.fds[kind]);
	}
}

/* Everything that the role needs, in the order of docs/architecture.md. */
static void
give_all(struct keeper *k, struct child *c)
{
	struct ipc go = {.kind = IPC_GO};

	(void)child_settings(c, k->settings);
	give_sockets(k, c);
	give_folders(k, c);
	for (enum role other = ROLE_STATE; other < ROLE_COUNT; other++)
		if (roles_talk(c->role, other) && runs(k, other))
			connect_roles(k, c, &k->children[other]);
	(void)child_send(c, &go, -1);
	if (c->role != ROLE_ADMIN) {
		report_status(k, c->role);
		return;
	}
	for (enum role role = ROLE_KEEPER; role < ROLE_IMAGE; role++)
		report_status(k, role);
}

static void
again(struct child *c, uint64_t wait)
{
	struct loop *loop = &c->keeper->loop;

	timer_at(loop, &c->timer, loop_now(loop) + wait);
}

static void
role_start(void *owner)
{
	struct child *c = owner;
	int fault;

	if (c->keeper->stopping || c->pid)
		return;
	fault = child_start(c, c->keeper->binary, NULL, 0);
	if (fault) {
		log_line(LOG_LEVEL_ERROR, "start", "of=%s error=%s",
		    role_name(c->role), log_text(span_text(strerror(-fault))));
		again(c, 5000);
		return;
	}
	give_all(c->keeper, c);
}

static void
tell_init_system(struct keeper *k)
{
	if (k->told)
		return;
	for (enum role role = ROLE_STATE; role < ROLE_IMAGE; role++)
		if (role_service(role) && !k->children[role].level[0])
			return;
	k->told = true;
	notify("READY=1");
	log_line(LOG_LEVEL_INFO, "ready", "landlock_seccomp=\"%s\"", k->level);
}

static void
role_ready(struct child *c, const struct ipc *m)
{
	size_t len = m->text.len;

	if (len >= sizeof(c->level))
		len = sizeof(c->level) - 1;
	memcpy(c->level, m->text.data, len);
	c->level[len] = '\0';
	log_line(LOG_LEVEL_INFO, "role", "name=%s pid=%d level=%s",
	    role_name(c->role), (int)c->pid, log_text(span_text(c->level)));
	report_status(c->keeper, c->role);
	tell_init_system(c->keeper);
}

/* A link out of the image folder, for the boot role. */
static void
open_outside(struct child *c, const struct ipc *m)
{
	struct folders *f = &c->keeper->folders;
	struct ipc answer = {.kind = IPC_OPENED, .id = m->id};
	SCOPED(strbuf_clear) struct strbuf why = {0};
	int fd = prober_open(f->fds[FOLDER_IMAGES], f->images, m->text, &why);

	if (fd < 0) {
		answer.number = (uint64_t)-fd;
		answer.text = strbuf_view(&why);
	}
	(void)child_send(c, &answer, fd);
	if (fd >= 0)
		(void)close(fd);
}

/* NULL or a fault.  Who may send what was checked when it was parsed. */
static const char *
dispatch(struct child *c, const struct ipc *m)
{
	switch ((int)m->kind) {
	case IPC_READY:
		role_ready(c, m);
		return NULL;
	case IPC_PROBE:
		return prober_ask(&c->keeper->prober, m);
	case IPC_OPEN:
		open_outside(c, m);
		return NULL;
	default:
		return "message that keeper does not take";
	}
}

static void
role_message(void *owner, uint32_t events)
{
	struct child *c = owner;

	(void)events; /* receiving says it better */
	for (int i = 0; i < BATCH && c->channel.fd >= 0; i++) {
		const char *fault;
		struct ipc m;
		int fd;
		int got = channel_receive(
		    &c->channel, &c->keeper->buffer, &m, &fd, &fault);

		if (got == 0)
			return;
		if (fd >= 0)
			(void)close(fd); /* no role sends us any */
		if (got > 0)
			fault = dispatch(c, &m);
		if (got > 0 && !fault)
			continue;
		if (fault)
			log_line(LOG_LEVEL_ERROR, "protocol",
			    "from=%s fault=%s", role_name(c->role),
			    log_text(span_text(fault)));
		child_cut(c);
		child_kill(c);
	}
}

static void
role_ended(struct keeper *k, struct child *c, int status)
{
	uint64_t wait;

	if (!k->stopping && !c->replaced)
		log_line(LOG_LEVEL_WARNING, "ended",
		    "name=%s pid=%d status=%d signal=%d", role_name(c->role),
		    (int)c->pid, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	wait = child_ended(c);
	if (c->role == ROLE_STATE)
		prober_drop(&k->prober);
	if (k->stopping)
		return;
	report_status(k, c->role);
	if (wait == 0)
		role_start(c);
	else
		again(c, wait);
}

static void
reap(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		enum role role = ROLE_STATE;

		if (prober_ended(&k->prober, pid, status))
			continue;
		while (role < ROLE_COUNT && k->children[role].pid != pid)
			role++;
		if (role < ROLE_COUNT)
			role_ended(k, &k->children[role], status);
	}
	if (k->stopping && pid < 0)
		loop_stop(&k->loop); /* that was the last one */
}

static void
stop(struct keeper *k)
{
	struct ipc m = {.kind = IPC_STOP};

	if (k->stopping)
		return;
	k->stopping = true;
	notify("STOPPING=1");
	log_line(LOG_LEVEL_INFO, "stop", "patience_ms=%d", PATIENCE);
	prober_drop(&k->prober);
	for (enum role role = ROLE_STATE; role < ROLE_COUNT; role++) {
		timer_stop(&k->loop, &k->children[role].timer);
		if (runs(k, role))
			(void)child_send(&k->children[role], &m, -1);
	}
	timer_at(&k->loop, &k->patience, loop_now(&k->loop) + PATIENCE);
	reap(k);
}

static void
out_of_patience(void *owner)
{
	struct keeper *k = owner;

	for (enum role role = ROLE_STATE; role < ROLE_COUNT; role++)
		child_kill(&k->children[role]);
}

static void
signal_ready(void *owner, uint32_t events)
{
	struct keeper *k = owner;
	struct signalfd_siginfo info;

	(void)events; /* only reading is watched */
	while (
	    read(k->signals.fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(k);
		else if (info.ssi_signo == SIGHUP)
			log_line(LOG_LEVEL_INFO, "hangup",
			    "text=\"the configuration is read at start only\"");
		else
			stop(k);
	}
}

bool
keeper_interfaces(struct keeper *k)
{
	struct settings *s = &k->config->settings;
	struct interface found[CONFIG_INTERFACES_MAX];
	struct settings_interface *list;
	int count = interfaces_find(&k->wish, found, ARRAY_LEN(found));
	bool changed;

	if (count < 0)
		return false;
	changed = (size_t)count != s->interface_count;
	for (int i = 0; i < count && !changed; i++)
		changed = s->interfaces[i].index != found[i].index ||
		          s->interfaces[i].ip != found[i].ip ||
		          s->interfaces[i].prefix != found[i].prefix ||
		          !mac_equal(s->interfaces[i].mac, found[i].mac);
	if (!changed)
		return false;
	list = arena_array(&k->config->arena, (size_t)count, sizeof(*list));
	for (int i = 0; list && i < count; i++)
		list[i] = (struct settings_interface){
		    .name =
		        arena_text(&k->config->arena, span_text(found[i].name)),
		    .index = found[i].index,
		    .ip = found[i].ip,
		    .prefix = found[i].prefix,
		    .mac = found[i].mac};
	s->interfaces = list;
	s->interface_count = list ? (size_t)count : 0;
	return true;
}

static int
renew_settings(struct keeper *k)
{
	SCOPED(strbuf_clear) struct strbuf bytes = {0};
	int fd;

	settings_encode(&k->config->settings, &bytes);
	fd = memfd_sealed("settings", strbuf_view(&bytes));
	if (fd < 0)
		return fd;
	if (k->settings >= 0)
		(void)close(k->settings);
	k->settings = fd;
	return 0;
}

static void
log_interfaces(const struct settings *s)
{
	char ip[IP4_TEXT_SIZE];

	for (size_t i = 0; i < s->interface_count; i++)
		log_line(LOG_LEVEL_INFO, "interface", "name=%s ip=%s/%u",
		    s->interfaces[i].name, ip4_text(s->interfaces[i].ip, ip),
		    s->interfaces[i].prefix);
	if (s->interface_count == 0)
		log_line(LOG_LEVEL_WARNING, "interface",
		    "text=\"none has an address; waiting for one\"");
}

/* Addresses changed: dhcp is the role that depends on them, and it starts
 * anew with them. */
static void
rescan(void *owner)
{
	struct keeper *k = owner;
	struct child *dhcp = &k->children[ROLE_DHCP];

	if (k->stopping || !keeper_interfaces(k))
		return;
	log_interfaces(&k->config->settings);
	if (renew_settings(k) < 0)
		return;
	dhcp->replaced = dhcp->pid > 0;
	child_kill(dhcp);
}

static void
links_ready(void *owner, uint32_t events)
{
	struct keeper *k = owner;

	(void)events; /* only reading is watched */
	interfaces_drain(k->links.fd);
	timer_at(&k->loop, &k->rescan, loop_now(&k->loop) + SETTLE);
}

static int
watch_signals(struct keeper *k)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	k->signals =
	    (struct watch){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
	        .ready = signal_ready,
	        .owner = k};
	if (k->signals.fd < 0)
		return -errno;
	return loop_watch(&k->loop, &k->signals, EPOLLIN);
}

static void
watch_links(struct keeper *k)
{
	k->links = (struct watch){
	    .fd = interfaces_watch(), .ready = links_ready, .owner = k};
	if (k->links.fd < 0 || loop_watch(&k->loop, &k->links, EPOLLIN) < 0)
		log_line(LOG_LEVEL_WARNING, "interface",
		    "text=\"changes of addresses will not be seen\"");
}

static int
prepare(struct keeper *k)
{
	int fault = loop_init(&k->loop);

	if (!fault)
		fault = watch_signals(k);
	if (!fault)
		fault = renew_settings(k);
	if (fault)
		return fault;
	watch_links(k);
	k->rescan = (struct timer){.fire = rescan, .owner = k};
	k->patience = (struct timer){.fire = out_of_patience, .owner = k};
	prober_init(&k->prober, k);
	for (enum role role = ROLE_KEEPER; role < ROLE_COUNT; role++) {
		struct child *c = &k->children[role];

		*c = (struct child){.keeper = k,
		    .role = role,
		    .channel = {.fd = -1},
		    .watch = {.ready = role_message, .owner = c},
		    .timer = {.fire = role_start, .owner = c}};
	}
	return sandbox_enter(
	    ROLE_KEEPER, k->folders.fds, sandbox_denial_wanted(), k->level);
}

int
keeper_run(struct keeper *k)
{
	int fault = prepare(k);

	if (fault) {
		say_error("cannot start: %s", strerror(-fault));
		return EXIT_FAILURE;
	}
	log_interfaces(&k->config->settings);
	for (enum role role = ROLE_STATE; role < ROLE_IMAGE; role++)
		if (role_service(role))
			role_start(&k->children[role]);
	fault = loop_run(&k->loop);
	loop_clear(&k->loop);
	(void)close(k->settings);
	return fault ? EXIT_FAILURE : EXIT_SUCCESS;
}
