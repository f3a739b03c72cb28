#include <stdlib.h>
#include <string.h>

#include "proto/tftp_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tftp_request req;
	char path[TFTP_NAME_SIZE];
	int error;

	if (tftp_request_parse(data, size, &req, &error))
		return 0;
	if ((req.blksize && req.blksize < 8) || req.blksize > TFTP_BLKSIZE_MAX)
		abort();
	if (tftp_name(req.file, path))
		return 0;
	if (path[0] != '/' || strstr(path, "//") || strstr(path, "/../") ||
	    strchr(path, '\\') || strlen(path) >= sizeof(path))
		abort();
	return 0;
}
