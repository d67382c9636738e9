/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/igd.h"

#include <stdio.h>
#include <stdlib.h>

#include "test/support/unit.h"

static struct ip ip_of(const char *text)
{
	struct ip ip;

	cr_assert_eq(ip_parse(&ip, text), ERR_NONE, "%s", text);
	return ip;
}

static const char *url_text(const char *text)
{
	static char out[IGD_PATH_MAX + ADDR_TEXT_MAX + 2];
	char addr[ADDR_TEXT_MAX];
	struct igd_url url;
	enum err rc = igd_url_parse(&url, span_text(text));

	if (rc)
		return err_name(rc);
	snprintf(out, sizeof(out), "%s %s", addr_text(addr, &url.at), url.path);
	return out;
}

Test(igd, reads_urls_of_an_address)
{
	cr_assert_str_eq(url_text("http://192.168.1.1:5000/rootDesc.xml"),
			 "192.168.1.1:5000 /rootDesc.xml");
	cr_assert_str_eq(url_text("HTTP://192.168.1.1"), "192.168.1.1:80 /");
	cr_assert_str_eq(url_text("http://192.168.1.1/a?b=c&d"),
			 "192.168.1.1:80 /a?b=c&d");
}

Test(igd, refuses_other_urls)
{
	static const char *const wrong[] = {
		"",
		"http://",
		"http:///",
		"https://192.168.1.1/",
		"http://router/",
		"http://[fe80::1]/",
		"http://:80/",
		"http://192.168.1.1:0/",
		"http://192.168.1.1:65536/",
		"http://user@192.168.1.1/",
		"http://192.168.1.1:80:80/",
		"http://192.168.1.1/a b",
		"http://192.168.1.1/a\r\nX: y",
		"http://192.168.001.1/",
		"http://3232235777/",
		"http://192.168.1.1:/",
		"ftp://192.168.1.1/",
		"http://1111111111111111111111111111111111111111111111111/",
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert_str_eq(url_text(wrong[i]), err_name(ERR_FORMAT), "%s",
				 wrong[i]);
}

Test(igd, limits_paths)
{
	char text[256] = "http://10.0.0.1/";

	memset(text + strlen(text), 'a', IGD_PATH_MAX - 2);
	cr_assert(strcmp(url_text(text), err_name(ERR_LIMIT)));
	strcat(text, "a");
	cr_assert_str_eq(url_text(text), err_name(ERR_LIMIT));
}

static enum err location(struct igd_url *out, const char *from,
			 const char *text)
{
	struct ip ip = ip_of(from);

	return igd_location_read(out, &ip, span_text(text));
}

#define ANSWER "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\n"

/* No other host than the one that answers is ever asked. */
Test(igd, takes_a_location_from_its_own_host_alone)
{
	struct igd_url url = { 0 };

	cr_assert_eq(location(&url, "10.0.0.1",
			      ANSWER "Location:  http://10.0.0.1:5000/x \r\n"
				     "USN: y\r\n\r\n"),
		     ERR_NONE);
	cr_assert_str_eq(url.path, "/x");
	cr_assert_eq(url.at.port, 5000);
	cr_assert_eq(location(&url, "10.0.0.2",
			      ANSWER
			      "LOCATION: http://10.0.0.1:5000/x\r\n\r\n"),
		     ERR_DENIED);
	cr_assert_eq(location(&url, "10.0.0.1",
			      ANSWER "LOCATION: http://8.8.8.8/x\r\n\r\n"),
		     ERR_DENIED);
	cr_assert_eq(location(&url, "10.0.0.1", ANSWER "\r\n"), ERR_FORMAT);
	cr_assert_eq(location(&url, "10.0.0.1", ANSWER "LOCATION"), ERR_FORMAT);
	cr_assert_eq(location(&url, "10.0.0.1",
			      "NOTIFY * HTTP/1.1\r\n"
			      "LOCATION: http://10.0.0.1/x\r\n\r\n"),
		     ERR_FORMAT);
	cr_assert_eq(location(&url, "10.0.0.1", ""), ERR_FORMAT);
}

static const char *describe(const char *base, const char *type,
			    const char *control)
{
	static char xml[2048];

	snprintf(xml, sizeof(xml),
		 "<?xml version=\"1.0\"?>"
		 "<root xmlns=\"urn:schemas-upnp-org:device-1-0\">%s<device>"
		 "<deviceType>x</deviceType><deviceList><device><serviceList>"
		 "<service><serviceType>%s</serviceType>"
		 "<serviceId>y</serviceId><controlURL>%s</controlURL>"
		 "<eventSubURL>/e</eventSubURL><SCPDURL>/s</SCPDURL></service>"
		 "</serviceList></device></deviceList></device></root>",
		 base, type, control);
	return xml;
}

/* "ADDRESS PATH [any]", or "none". */
static const char *service_of(const char *xml)
{
	static char out[256];
	struct igd_service services[IGD_SERVICES_MAX];
	char addr[ADDR_TEXT_MAX];
	struct igd_url from;

	cr_assert_eq(
		igd_url_parse(&from, span_text("http://10.0.0.1:5000/d/x.xml")),
		ERR_NONE);
	if (!igd_description_read(services, &from, span_text(xml)))
		return "none";
	snprintf(out, sizeof(out), "%s %s%s",
		 addr_text(addr, &services[0].url.at), services[0].url.path,
		 services[0].any_port ? " any" : "");
	return out;
}

#define SERVICE "urn:schemas-upnp-org:service:"

Test(igd, finds_the_service_in_a_description)
{
	cr_assert_str_eq(service_of(describe("", SERVICE "WANIPConnection:1",
					     "/ctl/IPConn")),
			 "10.0.0.1:5000 /ctl/IPConn");
	cr_assert_str_eq(
		service_of(describe("", SERVICE "WANPPPConnection:1", "ctl")),
		"10.0.0.1:5000 /ctl");
	cr_assert_str_eq(service_of(describe("", SERVICE "WANIPConnection:2",
					     "http://10.0.0.1:49000/c")),
			 "10.0.0.1:49000 /c any");
	cr_assert_str_eq(
		service_of(describe("<URLBase>http://10.0.0.1:81/"
				    "</URLBase>",
				    SERVICE "WANIPConnection:1", "/c")),
		"10.0.0.1:81 /c");
}

Test(igd, refuses_services_elsewhere_or_of_another_kind)
{
	const char *ip1 = SERVICE "WANIPConnection:1";

	cr_assert_str_eq(service_of(describe("", ip1, "http://10.0.0.2/c")),
			 "none");
	cr_assert_str_eq(service_of(describe("", ip1, "http://router/c")),
			 "none");
	cr_assert_str_eq(service_of(describe("<URLBase>http://10.0.0.2/"
					     "</URLBase>",
					     ip1, "/c")),
			 "none");
	cr_assert_str_eq(service_of(describe("", ip1, "/c\r\nX: y")), "none");
	cr_assert_str_eq(
		service_of(describe("", SERVICE "WANIPConnection:3", "/c")),
		"none");
	cr_assert_str_eq(
		service_of(describe("", SERVICE "Layer3Forwarding:1", "/c")),
		"none");
	cr_assert_str_eq(service_of(""), "none");
	cr_assert_str_eq(service_of("<a><b"), "none");
}

Test(igd, writes_calls_with_their_arguments)
{
	static const char *const arguments[] = { "NewRemoteHost", "", "NewPort",
						 "30303", NULL };
	struct igd_service s = { .type = SERVICE "WANIPConnection:1" };
	char text[IGD_TEXT_MAX];
	const char *body;

	cr_assert_eq(igd_url_parse(&s.url, span_text("http://10.0.0.1:5/c")),
		     ERR_NONE);
	igd_call_text(text, &s, "AddPortMapping", arguments);
	cr_assert_eq(strstr(text, "POST /c HTTP/1.1\r\nHost: 10.0.0.1:5\r\n"),
		     text);
	cr_assert(strstr(text, "SOAPAction: \"" SERVICE
			       "WANIPConnection:1#AddPortMapping\"\r\n"));
	cr_assert(strstr(text, "<NewRemoteHost></NewRemoteHost>"
			       "<NewPort>30303</NewPort>"
			       "</u:AddPortMapping>"));
	body = strstr(text, "\r\n\r\n") + 4;
	cr_assert_eq(strtoul(strstr(text, "Content-Length: ") + 16, NULL, 10),
		     strlen(body));
}

Test(igd, reads_values_and_faults)
{
	static const char reply[] =
		"<?xml version=\"1.0\"?><s:Envelope><s:Body><u:R>"
		"<NewExternalIPAddress>198.51.100.7</NewExternalIPAddress>"
		"<NewUptime> </NewUptime><NewReservedPort>65536"
		"</NewReservedPort></u:R></s:Body></s:Envelope>";
	static const char fault[] =
		"<s:Envelope><s:Body><s:Fault><faultcode>s:Client</faultcode>"
		"<detail><UPnPError><errorCode>718</errorCode></UPnPError>"
		"</detail></s:Fault></s:Body></s:Envelope>";
	char value[IGD_VALUE_MAX];
	uint32_t n;

	cr_assert(igd_value_read(value, span_text(reply),
				 "NewExternalIPAddress"));
	cr_assert_str_eq(value, "198.51.100.7");
	cr_assert_not(igd_value_read(value, span_text(reply), "Other"));
	cr_assert_not(igd_number_read(&n, span_text(reply), "NewReservedPort",
				      65535));
	cr_assert(igd_number_read(&n, span_text(reply), "NewReservedPort",
				  65536));
	cr_assert_not(igd_number_read(&n, span_text(reply), "NewUptime", 9));
	cr_assert_eq(igd_fault_read(span_text(fault)), 718);
	cr_assert_eq(igd_fault_read(span_text(reply)), 0);
}

Test(igd, searches_for_each_kind_of_router)
{
	char text[IGD_TEXT_MAX], last[IGD_TEXT_MAX] = "";

	for (unsigned i = 0; i < IGD_SEARCHES; i++) {
		igd_search_text(text, i);
		cr_assert(strcmp(text, last));
		cr_assert(strstr(text, "\r\nST: urn:schemas-upnp-org:device:"));
		cr_assert_str_eq(text + strlen(text) - 4, "\r\n\r\n");
		strcpy(last, text);
	}
}
