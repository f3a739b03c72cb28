#include "boot/decide.h"

#include "base/text.h"
#include "media/image_table.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)
#define MEMDISK_MAX (512 * MIB)

const char *
method_name(enum method_kind kind)
{
	static const char *const names[METHOD_KINDS] = {
	    [METHOD_LINUX] = "linux",
	    [METHOD_EFI] = "efi",
	    [METHOD_SAN] = "san",
	    [METHOD_MEMDISK] = "memdisk",
	    [METHOD_SCRIPT] = "script",
	};

	return kind < METHOD_KINDS ? names[kind] : "unknown";
}

const char *
method_title(enum method_kind kind)
{
	static const char *const titles[METHOD_KINDS] = {
	    [METHOD_LINUX] = "Linux kernel from the image",
	    [METHOD_EFI] = "EFI program from the image",
	    [METHOD_SAN] = "network disk (HTTP)",
	    [METHOD_MEMDISK] = "disk in memory (memdisk)",
	    [METHOD_SCRIPT] = "script",
	};

	return kind < METHOD_KINDS ? titles[kind] : "unknown";
}

enum method_kind
method_named(struct span name)
{
	unsigned int kind = 0;

	while (kind < METHOD_KINDS &&
	       !span_is(name, method_name((enum method_kind)kind)))
		kind++;
	return (enum method_kind)kind;
}

static void
take_fact(struct client *client, struct span word)
{
	uint64_t mib;

	if (span_is(word, "cpu64"))
		client->cpu64 = true;
	else if (span_starts(word, "mem") &&
	         !text_number(span_skip(word, 3), UINT32_MAX, &mib))
		client->mem_mib = (uint32_t)mib;
}

struct client
client_from(struct span platform, struct span arch, struct span facts)
{
	struct client client = {0};

	if (span_is(platform, "pcbios"))
		client.firmware = FIRMWARE_BIOS;
	else if (span_is(platform, "efi"))
		client.firmware = FIRMWARE_UEFI;
	if (span_is(arch, "i386"))
		client.arch = ARCH_I386;
	else if (span_is(arch, "x86_64"))
		client.arch = ARCH_X86_64;
	else if (span_is(arch, "arm64"))
		client.arch = ARCH_ARM64;
	while (facts.len)
		take_fact(&client, span_cut(&facts, ','));
	if (client.arch == ARCH_X86_64)
		client.cpu64 = true;
	return client;
}

static const char *
why_not_linux(const struct image *image, const struct client *client)
{
	enum arch runs = client->arch;

	/* A BIOS loader of 32 bits starts kernels of 64 bits. */
	if (client->firmware == FIRMWARE_BIOS && client->cpu64)
		runs = ARCH_X86_64;
	if (image->arch == ARCH_UNKNOWN || image->arch == runs)
		return NULL;
	if (image->arch == ARCH_I386 && client->firmware == FIRMWARE_BIOS)
		return NULL;
	if (image->arch == ARCH_X86_64 && client->firmware == FIRMWARE_BIOS)
		return "needs a 64-bit CPU";
	return "is for another kind of CPU";
}

static const char *
why_not_efi(const struct image *image, const struct client *client)
{
	if (client->firmware != FIRMWARE_UEFI)
		return "needs UEFI";
	if (!image->efi[client->arch] || !image->efi[client->arch][0])
		return "has no EFI program for this CPU";
	return NULL;
}

static const char *
why_not_bios(const struct image *image)
{
	if (image->bios)
		return NULL;
	return image->bios_emulated ? "boots from a floppy inside it"
	                            : "does not boot on BIOS";
}

static const char *
why_not_san(const struct image *image, const struct client *client)
{
	/* 32-bit iPXE keeps offsets in 32 bits
	 * (https://github.com/ipxe/ipxe/issues/767). */
	bool narrow = client->arch == ARCH_I386;

	if (narrow && image->stamp.size > 4 * GIB)
		return "is over 4 GiB, too large for this 32-bit loader";
	if (client->firmware == FIRMWARE_BIOS)
		return why_not_bios(image);
	if (why_not_efi(image, client))
		return why_not_efi(image, client);
	/* The firmware mounts what El Torito names, not the ISO itself. */
	if (strncmp(image->efi[client->arch], ELTORITO_PREFIX,
	        sizeof(ELTORITO_PREFIX) - 1) != 0)
		return "has no EFI boot entry for this CPU";
	return NULL;
}

static const char *
why_not_memdisk(
    const struct image *image, const struct client *client, bool memdisk)
{
	if (client->firmware != FIRMWARE_BIOS)
		return "needs BIOS";
	if (!image->bios && !image->bios_emulated)
		return "does not boot on BIOS";
	if (!memdisk)
		return "the server has no memdisk";
	if (image->stamp.size > MEMDISK_MAX)
		return "is too large for memdisk (512 MiB at most)";
	if (client->mem_mib && image->stamp.size > client->mem_mib / 2 * MIB)
		return "needs more memory than this machine has";
	return NULL;
}

static const char *
why_not(const struct image *image, const struct client *client, bool memdisk,
    enum method_kind kind)
{
	switch (kind) {
	case METHOD_LINUX:
		return why_not_linux(image, client);
	case METHOD_EFI:
		return why_not_efi(image, client);
	case METHOD_SAN:
		return why_not_san(image, client);
	case METHOD_MEMDISK:
		return why_not_memdisk(image, client, memdisk);
	case METHOD_SCRIPT:
	case METHOD_KINDS:
		break;
	}
	return NULL;
}

/* Whether the method means anything for such an image at all. */
static bool
concerns(const struct image *image, enum method_kind kind)
{
	if (image->kind == IMAGE_SCRIPT)
		return kind == METHOD_SCRIPT;
	if (kind == METHOD_LINUX)
		return image->kernel && image->kernel[0];
	return image->kind == IMAGE_ISO && kind != METHOD_SCRIPT;
}

size_t
decide_methods(const struct image *image, const struct client *client,
    bool memdisk, struct method out[METHOD_KINDS])
{
	/* SAN before a chained EFI program: the program then finds the rest of
	 * its image. */
	static const enum method_kind order[] = {METHOD_SCRIPT, METHOD_LINUX,
	    METHOD_SAN, METHOD_EFI, METHOD_MEMDISK};
	size_t count = 0;

	for (unsigned int usable = 2; usable-- > 0;)
		for (size_t i = 0; i < ARRAY_LEN(order); i++) {
			const char *why;

			if (!concerns(image, order[i]))
				continue;
			why = why_not(image, client, memdisk, order[i]);
			if ((why == NULL) == (usable == 1))
				out[count++] = (struct method){order[i], why};
		}
	return count;
}
