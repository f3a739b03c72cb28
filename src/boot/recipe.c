#include "boot/recipe.h"

#include <stdio.h>

#include "base/text.h"

#define TITLE_MAX 96U /* bytes */
#define EL_TORITO_BIOS 0U

/*
 * Where a family keeps a kernel and its initial RAM disk.  A name that ends in
 * '*' stands for all names that begin so; what the star matched in the kernel
 * must be behind the initrd's name too.
 */
struct recipe {
	const char *family;
	const char *need; /* a file that must be there too, or NULL */
	const char *kernel;
	const char *initrd;
	enum arch arch; /* ARCH_UNKNOWN: as the image's texts say */
};

static const char debian_installer[] = "debian-installer";
static const char live_boot[] = "live-boot";

/* The first that fits is taken. */
static const struct recipe recipes[] = {
    {live_boot, "live/*", "live/vmlinuz", "live/initrd.img", 0},
    {live_boot, "live/*", "live/vmlinuz", "live/initrd", 0},
    {live_boot, "live/*", "live/vmlinuz*", "live/initrd.img", 0},
    {live_boot, "live/*", "live/vmlinuz*", "live/initrd", 0},
    /* A netboot tree, as a tarball or copied on an ISO. */
    {debian_installer, NULL, "debian-installer/amd64/linux",
        "debian-installer/amd64/initrd.gz", ARCH_X86_64},
    {debian_installer, NULL, "debian-installer/arm64/linux",
        "debian-installer/arm64/initrd.gz", ARCH_ARM64},
    {debian_installer, NULL, "debian-installer/i386/linux",
        "debian-installer/i386/initrd.gz", ARCH_I386},
    {debian_installer, NULL, "install.amd/vmlinuz", "install.amd/initrd.gz",
        ARCH_X86_64},
    {debian_installer, NULL, "install.a64/vmlinuz", "install.a64/initrd.gz",
        ARCH_ARM64},
    {debian_installer, NULL, "install.386/vmlinuz", "install.386/initrd.gz",
        ARCH_I386},
    /* mini.iso, which is the netboot installer. */
    {debian_installer, NULL, "linux", "initrd.gz", 0},
};

/* Volume identifiers that name a product, and their human form. */
static const struct {
	const char *prefix;
	const char *title;
} volumes[] = {
    {"MT86PLUS", "Memtest86+"},
};

static const struct {
	enum arch arch;
	const char *word; /* in texts and file names */
	const char *efi;  /* default boot program (UEFI, section 3.5.1.1) */
} archs[] = {
    {ARCH_X86_64, "amd64", "EFI/BOOT/BOOTX64.EFI"},
    {ARCH_ARM64, "arm64", "EFI/BOOT/BOOTAA64.EFI"},
    {ARCH_I386, "i386", "EFI/BOOT/BOOTIA32.EFI"},
};

static bool
contains(struct span s, const char *word)
{
	size_t len = strlen(word);

	for (size_t at = 0; s.len - at >= len; at++)
		if (memcmp(s.data + at, word, len) == 0)
			return true;
	return false;
}

/* Whether path `a` sorts before text `b`. */
static bool
before(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.data, b.data, len) : 0;

	return order ? order < 0 : a.len < b.len;
}

/* The number of the first file whose path does not sort before `prefix`. */
static uint32_t
first_with(const struct image_table *t, struct span prefix)
{
	uint32_t low = 0, high = t->file_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (before(image_table_file(t, middle).path, prefix))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The arena's copy of a path in the tree itself; NULL if there is none. */
static const char *
find(struct arena *a, const struct image_table *t, struct span path)
{
	struct image_file file;

	if (!image_table_find(t, path, &file) || file.size == 0)
		return NULL;
	return arena_text(a, file.path);
}

/* How many files are looked at for one star. */
#define STAR_MAX 1000U

/*
 * Kernel and initrd of a recipe with a star: of several, the last, which is
 * the newest where names carry versions.
 */
static bool
find_pair(struct arena *a, const struct image_table *t, const struct recipe *r,
    struct image *out)
{
	struct span prefix = span_of(r->kernel, strlen(r->kernel) - 1);
	uint32_t first = first_with(t, prefix);
	bool found = false;

	for (uint32_t i = 0; i < STAR_MAX && first + i < t->file_count; i++) {
		struct span path = image_table_file(t, first + i).path;
		struct span tail;
		const char *initrd;

		if (path.len < prefix.len ||
		    memcmp(path.data, prefix.data, prefix.len) != 0)
			break;
		tail = span_skip(path, prefix.len);
		initrd = arena_printf(
		    a, "%s%.*s", r->initrd, (int)tail.len, tail.data);
		initrd = initrd ? find(a, t, span_text(initrd)) : NULL;
		if (!initrd)
			continue;
		out->kernel = arena_text(a, path);
		out->initrd = initrd;
		found = out->kernel != NULL;
	}
	return found;
}

/* The first squashfs image below live/, or NULL. */
static const char *
find_squashfs(struct arena *a, const struct image_table *t)
{
	static const char prefix[] = "live/";
	const char *usual = find(a, t, span_text("live/filesystem.squashfs"));
	uint32_t first = first_with(t, span_text(prefix));

	for (uint32_t i = 0;
	     !usual && i < STAR_MAX && first + i < t->file_count; i++) {
		struct span path = image_table_file(t, first + i).path;

		if (!span_starts(path, prefix))
			break;
		if (span_ends(path, ".squashfs"))
			usual = arena_text(a, path);
	}
	return usual;
}

/* The architecture that the image's texts and names speak of. */
static enum arch
guess_arch(const struct image_table *t, const struct image *image)
{
	const struct span texts[] = {
	    span_text(image->kernel), t->facts.disk_info, t->facts.volume};
	enum arch only = ARCH_UNKNOWN;
	unsigned int count = 0;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		for (size_t j = 0; j < ARRAY_LEN(archs); j++)
			if (contains(texts[i], archs[j].word))
				return archs[j].arch;
	for (size_t j = 0; j < ARRAY_LEN(archs); j++)
		if (image->efi[archs[j].arch][0]) {
			only = archs[j].arch;
			count++;
		}
	return count == 1 ? only : ARCH_UNKNOWN;
}

/*
 * live-boot fetches one file system by HTTP and keeps it in memory; the
 * network is up before that (live-boot(7): fetch, ip).
 */
static const char *
live_cmdline(struct arena *a, const char *squashfs)
{
	struct strbuf url = {0};
	const char *line;

	text_percent_encode(&url, span_text(squashfs));
	line = arena_printf(a, "boot=live components ip=dhcp fetch=${base}%s",
	    strbuf_cstr(&url));
	strbuf_clear(&url);
	return line;
}

/* The installer asks no question where a preseed file lies in the image
 * (Debian installation guide, appendix B). */
static const char *
installer_cmdline(struct arena *a, const struct image_table *t)
{
	if (find(a, t, span_text("preseed.cfg")))
		return "auto=true priority=critical url=${base}preseed.cfg "
		       "--- quiet";
	return "--- quiet";
}

static bool
fits(struct arena *a, const struct image_table *t, const struct recipe *r,
    struct image *out)
{
	const char *squashfs = NULL;

	if (r->need && !(squashfs = find_squashfs(a, t)))
		return false;
	if (span_ends(span_text(r->kernel), "*")) {
		if (!find_pair(a, t, r, out))
			return false;
	} else {
		const char *kernel = find(a, t, span_text(r->kernel));
		const char *initrd = find(a, t, span_text(r->initrd));

		if (!kernel || !initrd)
			return false;
		out->kernel = kernel;
		out->initrd = initrd;
	}
	out->family = r->family;
	out->cmdline =
	    squashfs ? live_cmdline(a, squashfs) : installer_cmdline(a, t);
	out->arch = r->arch ? r->arch : guess_arch(t, out);
	return true;
}

/* An EFI program by architecture: first that of the El Torito image, from
 * which firmware would start it. */
static void
fill_efi(struct arena *a, const struct image_table *t, struct image *out)
{
	for (size_t i = 0; i < ARRAY_LEN(archs); i++) {
		char inner[64];
		const char *path;

		(void)snprintf(
		    inner, sizeof(inner), ELTORITO_PREFIX "%s", archs[i].efi);
		path = find(a, t, span_text(inner));
		if (!path)
			path = find(a, t, span_text(archs[i].efi));
		out->efi[archs[i].arch] = path ? path : "";
	}
	out->efi[ARCH_UNKNOWN] = "";
}

/*
 * How BIOS firmware would start it from a CD.  iPXE takes the default entry
 * only, and only one without emulation (ipxe: int13.c); memdisk takes a
 * floppy or a disk as well.
 */
static void
fill_bios(const struct image_facts *facts, struct image *out)
{
	const struct image_boot_entry *first = &facts->boot[0];
	bool bios = facts->boot_count > 0 && first->bootable &&
	            first->platform == EL_TORITO_BIOS;

	out->bios = bios && first->emulation == 0;
	out->bios_emulated = bios && first->emulation != 0;
}

/* Words that say nothing to a person who chooses. */
static bool
is_noise(struct span word)
{
	static const char *const noise[] = {"-", "Official", "GNU/Linux"};
	size_t digits = 0;

	for (size_t i = 0; i < ARRAY_LEN(noise); i++)
		if (span_is(word, noise[i]))
			return true;
	while (digits < word.len && text_digit(word.data[digits]))
		digits++;
	return digits >= 8; /* a date */
}

static bool
is_shown(struct span c)
{
	if (c.len != 1)
		return c.len > 1;
	return c.data[0] >= ' ' && c.data[0] < 0x7f && c.data[0] != '"';
}

/* Add words; what is no printable UTF-8 is left out. */
static void
put_word(struct strbuf *out, struct span word)
{
	bool gap = out->len > 0;

	while (word.len) {
		struct span c = span_of(word.data, text_utf8(word));

		if (is_shown(c)) {
			if (gap)
				strbuf_char(out, ' ');
			gap = false;
			strbuf_span(out, c);
		}
		word = span_skip(word, c.len ? c.len : 1);
	}
}

/* "Debian GNU/Linux 13.1.0 "Trixie" - Official amd64 NETINST 20250906-10:22"
 * becomes "Debian 13.1.0 Trixie amd64 NETINST". */
static void
put_title(struct strbuf *out, struct span text)
{
	while (text.data) {
		struct span word = span_cut(&text, ' ');

		if (word.len && !is_noise(word) &&
		    word.len < TITLE_MAX - out->len)
			put_word(out, word);
	}
}

static bool
is_generic_volume(struct span volume)
{
	static const char *const generic[] = {
	    "", "ISOIMAGE", "CDROM", "CD_ROM", "ISO", "NEW", "MY_DISK"};

	for (size_t i = 0; i < ARRAY_LEN(generic); i++)
		if (span_is_nocase(volume, generic[i]))
			return true;
	return false;
}

const char *
recipe_title_of_path(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct span name = span_text(slash ? slash + 1 : path);
	struct strbuf title = {.cap = TITLE_MAX};
	const char *copy;

	for (size_t i = name.len; i-- > 1;)
		if (name.data[i] == '.') {
			name.len = i;
			break;
		}
	put_word(&title, name);
	copy = arena_text(a, strbuf_view(&title));
	strbuf_clear(&title);
	return copy ? copy : "";
}

/* A netboot archive says "Debian version:  13 (trixie)" of itself. */
static void
put_archive_title(
    struct strbuf *title, const struct image_table *t, const struct image *out)
{
	static const char said[] = "Debian version:";
	struct span version = t->facts.disk_info;

	strbuf_text(title, "Debian");
	if (span_starts(version, said))
		put_title(title, span_skip(version, sizeof(said) - 1));
	strbuf_text(title, " installer netboot");
	for (size_t i = 0; i < ARRAY_LEN(archs); i++)
		if (archs[i].arch == out->arch)
			strbuf_printf(title, " %s", archs[i].word);
}

static const char *
title_of(struct arena *a, const struct image_table *t, const struct image *out)
{
	struct span volume = t->facts.volume;
	struct strbuf title = {.cap = 2 * TITLE_MAX};
	const char *copy;

	for (size_t i = 0; i < ARRAY_LEN(volumes); i++)
		if (span_starts(volume, volumes[i].prefix))
			return volumes[i].title;
	if (t->facts.archive && streq(out->family, debian_installer))
		put_archive_title(&title, t, out);
	else if (t->facts.disk_info.len)
		put_title(&title, t->facts.disk_info);
	else if (!is_generic_volume(volume))
		put_title(&title, volume);
	for (size_t i = 0;
	     i < title.len && !t->facts.disk_info.len && !t->facts.archive; i++)
		if (title.data[i] == '_')
			title.data[i] = ' ';
	copy = title.len ? arena_text(a, strbuf_view(&title))
	                 : recipe_title_of_path(a, out->path);
	strbuf_clear(&title);
	return copy ? copy : "";
}

const char *
recipe_fill(struct arena *a, const struct image_table *t, struct image *out)
{
	out->family = out->kernel = out->initrd = out->cmdline = "";
	out->arch = ARCH_UNKNOWN;
	fill_bios(&t->facts, out);
	fill_efi(a, t, out);
	for (size_t i = 0; i < ARRAY_LEN(recipes); i++)
		if (fits(a, t, &recipes[i], out))
			break;
	out->title = title_of(a, t, out);
	return a->fault;
}

void
recipe_override(struct image *image, const struct settings_image *over)
{
	if (over->title[0])
		image->title = over->title;
	if (over->kernel[0]) {
		image->kernel = over->kernel;
		image->initrd = over->initrd;
		image->cmdline = "";
		image->arch = ARCH_UNKNOWN;
	} else if (over->initrd[0]) {
		image->initrd = over->initrd;
	}
	if (over->cmdline[0])
		image->cmdline = over->cmdline;
}
