#include "boot/host_merge.h"

#include <string.h>

bool
host_merge(struct host *known, const struct host *news, uint64_t now)
{
	static const uint8_t no_uuid[sizeof(news->uuid)];
	const struct host before = *known;

	known->mac = news->mac;
	if (memcmp(news->uuid, no_uuid, sizeof(no_uuid)) != 0)
		memcpy(known->uuid, news->uuid, sizeof(known->uuid));
	if (news->firmware != FIRMWARE_UNKNOWN)
		known->firmware = news->firmware;
	if (news->arch != ARCH_UNKNOWN)
		known->arch = news->arch;
	if (news->ip)
		known->ip = news->ip;
	if (known->first_seen == 0)
		known->first_seen = now;
	if (now > known->last_seen)
		known->last_seen = now;

	return before.first_seen == 0 || before.firmware != known->firmware ||
	       before.arch != known->arch || before.ip != known->ip ||
	       memcmp(before.uuid, known->uuid, sizeof(before.uuid)) != 0;
}
