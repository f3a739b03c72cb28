#include "boot/host.h"

#include "boot/codec.h"

const char *
firmware_name(enum firmware f)
{
	static const char *const names[FIRMWARE_COUNT] = {
	    [FIRMWARE_UNKNOWN] = "unknown",
	    [FIRMWARE_BIOS] = "BIOS",
	    [FIRMWARE_UEFI] = "UEFI",
	};

	return f < FIRMWARE_COUNT ? names[f] : "unknown";
}

const char *
arch_name(enum arch a)
{
	static const char *const names[ARCH_COUNT] = {
	    [ARCH_UNKNOWN] = "unknown",
	    [ARCH_I386] = "i386",
	    [ARCH_X86_64] = "x86_64",
	    [ARCH_ARM64] = "arm64",
	};

	return a < ARCH_COUNT ? names[a] : "unknown";
}

bool
host_architecture(
    uint16_t type, enum firmware *firmware, enum arch *arch, bool *http)
{
	/* RFC 4578 printed 7 and 9 the wrong way round (see its errata), so
	 * firmware for x86-64 sends either. */
	static const struct {
		uint16_t type;
		enum firmware firmware;
		enum arch arch;
		bool http;
	} known[] = {
	    {0, FIRMWARE_BIOS, ARCH_I386, false},
	    {6, FIRMWARE_UEFI, ARCH_I386, false},
	    {7, FIRMWARE_UEFI, ARCH_X86_64, false},
	    {9, FIRMWARE_UEFI, ARCH_X86_64, false},
	    {11, FIRMWARE_UEFI, ARCH_ARM64, false},
	    {15, FIRMWARE_UEFI, ARCH_I386, true},
	    {16, FIRMWARE_UEFI, ARCH_X86_64, true},
	    {17, FIRMWARE_UEFI, ARCH_X86_64, true},
	    {19, FIRMWARE_UEFI, ARCH_ARM64, true},
	    {20, FIRMWARE_BIOS, ARCH_I386, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (known[i].type != type)
			continue;
		*firmware = known[i].firmware;
		*arch = known[i].arch;
		*http = known[i].http;
		return true;
	}
	return false;
}

void
host_encode(const struct host *h, struct strbuf *out)
{
	codec_put_mac(out, h->mac);
	strbuf_add(out, h->uuid, sizeof(h->uuid));
	strbuf_le(out, h->firmware, 1);
	strbuf_le(out, h->arch, 1);
	strbuf_le(out, h->ip, 4);
	strbuf_le(out, h->first_seen, 8);
	strbuf_le(out, h->last_seen, 8);
}

const char *
host_decode(const void *bytes, size_t len, struct host *out)
{
	struct reader r = reader_over(bytes, len);
	struct host h = {.mac = codec_mac(&r)};

	reader_copy(&r, h.uuid, sizeof(h.uuid));
	h.firmware = (enum firmware)codec_enum(&r, FIRMWARE_COUNT);
	h.arch = (enum arch)codec_enum(&r, ARCH_COUNT);
	h.ip = reader_le32(&r);
	h.first_seen = reader_le64(&r);
	h.last_seen = reader_le64(&r);
	if (codec_end(&r))
		return r.fault;
	*out = h;
	return NULL;
}
