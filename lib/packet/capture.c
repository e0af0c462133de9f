/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets out of capture files, read by libpcap. */
#include "lib/packet/capture.h"

#include <errno.h>
#include <string.h>

#include <pcap/pcap.h>

#include "lib/base/err.h"

static void cleanup_pcap(pcap_t **pcap)
{
	if (*pcap)
		pcap_close(*pcap);
}

static int take(const char *path, unsigned number, const struct pcap_pkthdr *header,
                const u_char *bytes, struct frame *ret_frame)
{
	size_t captured = header->caplen < header->len ? header->caplen : header->len;

	if (header->len < FRAME_HEADER_LEN || header->len > FRAME_MAX)
		return fail_because(EINVAL, "%s: packet %u: %u bytes, which is no frame", path,
		                    number, header->len);
	memset(ret_frame->bytes, 0, header->len);
	memcpy(ret_frame->bytes, bytes, captured);
	ret_frame->len = header->len;
	return 0;
}

int capture_read(const char *path, unsigned number, struct frame *ret_frame)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	__attribute__((cleanup(cleanup_pcap))) pcap_t *pcap = pcap_open_offline(path, why);
	struct pcap_pkthdr *header = NULL;
	const u_char *bytes = NULL;
	unsigned count = 0;
	int r;

	if (!pcap)
		return fail_because(EINVAL, "%s%s%s", strstr(why, path) ? "" : path,
		                    strstr(why, path) ? "" : ": ", why);
	if (pcap_datalink(pcap) != DLT_EN10MB)
		return fail_because(EINVAL, "%s: %s: a capture of Ethernet frames is wanted", path,
		                    pcap_datalink_val_to_name(pcap_datalink(pcap)));
	do
		r = pcap_next_ex(pcap, &header, &bytes);
	while (r == 1 && ++count < number);
	if (r == 1)
		return take(path, number, header, bytes, ret_frame);
	if (r == PCAP_ERROR_BREAK)
		return fail_because(ERR_ABSENT, "%s: packet %u: there are %u in it", path, number,
		                    count);
	return fail_because(EINVAL, "%s: after packet %u: %s", path, count, pcap_geterr(pcap));
}
