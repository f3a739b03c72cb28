/* Hostile text never changes what a line of a script does. */
#include <stdlib.h>

#include "../tests/ipxe_model.h"
#include "boot/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct strbuf *line, const char *want)
{
	struct strbuf got = {0};

	script_end(line);
	model_script(strbuf_view(line), &got);
	if (!span_is(strbuf_view(&got), want))
		abort();
	strbuf_clear(&got);
	strbuf_clear(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	struct strbuf line = {0};

	script_add(&line, "echo x ");
	script_text(&line, text, 0);
	check(&line, "echo\n\n");
	script_add(&line, "echo x ");
	script_text(&line, text, 10);
	check(&line, "echo\n\n");
	script_add(&line, "kernel k ");
	script_cmdline(&line, text, "http://192.0.2.1/");
	script_add(&line, " || goto x");
	check(&line, "kernel ||\ngoto\n\n");
	script_add(&line, "chain x");
	script_path(&line, text);
	script_word(&line, text);
	check(&line, "chain\n\n");
	return 0;
}
