/* SPDX-License-Identifier: Apache-2.0 */
/* A node as known_inside.h has it: packed into one block, since there are ten
 * thousand of them. */
#include <string.h>

#include "p2p/nodedb/known_inside.h"

enum {
	IP4_LEN = 4,
	IP6_LEN = 16,
	COUNT_MASK = 7, /* all that fits; no more than ENTRY_ADDRESSES is */
};

/* --- where its parts are --------------------------------------------------
 */

static size_t ip_len(const struct known_item *item)
{
	return item->has_ip6 ? IP6_LEN : IP4_LEN;
}

/* That of where it is asked is a further one, unless it is among the others. */
static size_t ip_count(const struct known_item *item)
{
	return item->count + (item->here == item->count);
}

static uint8_t *ips_of(const struct known_item *item)
{
	return (uint8_t *)(item->times + item->count);
}

static uint8_t *identity_of(const struct known_item *item)
{
	return ips_of(item) + ip_count(item) * ip_len(item);
}

/* --- IP addresses --------------------------------------------------------- */

/* Beside one of IPv6 an IPv4 address is mapped into it; none other is, here. */
static void put_ip(struct known_item *item, size_t i, const struct ip *ip)
{
	uint8_t *to = ips_of(item) + i * ip_len(item);

	if (ip->family == IP_V6) {
		memcpy(to, ip->b, IP6_LEN);
		return;
	}
	if (item->has_ip6) {
		memset(to + 10, 0xff, 2); /* behind zeros */
		to += IP6_LEN - IP4_LEN;
	}
	memcpy(to, ip->b, IP4_LEN);
}

static struct ip get_ip(const struct known_item *item, size_t i)
{
	struct ip ip = { .family = item->has_ip6 ? IP_V6 : IP_V4 };

	memcpy(ip.b, ips_of(item) + i * ip_len(item), ip_len(item));
	return ip_unmapped(&ip);
}

struct addr known_where(const struct known_item *item)
{
	return (struct addr){
		.ip = get_ip(item, item->here),
		.port = item->udp,
	};
}

size_t known_at(const struct known_item *item, const struct ip *ip)
{
	size_t i = 0;

	while (i < item->count) {
		struct ip other = get_ip(item, i);

		if (ip_equal(&other, ip))
			break;
		i++;
	}
	return i;
}

/* --- packing and unpacking ------------------------------------------------
 */

struct span known_record(const struct known_item *item)
{
	return item->record_len ? span_of(identity_of(item), item->record_len)
				: (struct span){ 0 };
}

static size_t here_of(const struct entry_node *node)
{
	size_t i = 0;

	while (i < node->count && !ip_equal(&node->at[i].ip, &node->udp.ip))
		i++;
	return i;
}

static bool has_ip6(const struct entry_node *node)
{
	bool found = node->udp.ip.family == IP_V6;

	for (size_t i = 0; i < node->count; i++)
		found |= node->at[i].ip.family == IP_V6;
	return found;
}

struct known_item *known_item_new(const struct node_id *id,
				  const struct entry_node *node)
{
	const struct known_item like = {
		.id = *id,
		.udp = node->udp.port,
		.tcp = node->tcp,
		.record_len = (uint16_t)node->record.len,
		.count = node->count & COUNT_MASK,
		.here = here_of(node) & COUNT_MASK,
		.has_ip6 = has_ip6(node),
	};
	struct span identity = node->record;
	struct known_item *item;

	if (!identity.len)
		identity = span_of(node->pub.b, sizeof(node->pub.b));
	item = known_made(sizeof(like) + like.count * sizeof(like.times[0]) +
			  ip_count(&like) * ip_len(&like) + identity.len);
	*item = like;
	for (size_t i = 0; i < node->count; i++) {
		const struct entry_address *a = &node->at[i];

		item->times[i] = (struct known_times){
			.ping = a->ping,
			.pong = a->pong,
			.failures = a->failures,
		};
		put_ip(item, i, &a->ip);
	}
	put_ip(item, item->here, &node->udp.ip);
	memcpy(identity_of(item), identity.data, identity.len);
	return item;
}

struct entry_node known_item_read(const struct known_item *item)
{
	struct entry_node node = {
		.udp = known_where(item),
		.tcp = item->tcp,
		.record = known_record(item),
		.count = item->count,
	};

	if (!item->record_len)
		memcpy(node.pub.b, identity_of(item), sizeof(node.pub.b));
	for (size_t i = 0; i < item->count; i++)
		node.at[i] = (struct entry_address){
			.ip = get_ip(item, i),
			.ping = item->times[i].ping,
			.pong = item->times[i].pong,
			.failures = item->times[i].failures,
		};
	return node;
}
