#!/usr/bin/env python3
"""DHCP on the wire: our server, our proxy beside another server, and off.

udhcpc is the client, perfdhcp a relay with a thousand clients a second; what
firmware sends is replayed from tests/wire.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

from lab import Lab, SERVER, unavailable, user, wait_until  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

WIRE = os.path.join(HERE, "../wire")
DHCP_SERVER = """\
dhcp:
  mode: server
  range: {range}
  lease: 120
  router: 10.77.0.2
  dns: [10.77.0.2, 10.77.0.3]
  domain: example.net
hosts:
  - mac: 02:00:00:00:00:50
    ip: 10.77.0.50
    name: bench-1
"""
REPORT = """\
#!/bin/sh
ip address flush dev "$interface"
[ -z "$ip" ] || ip address add "$ip/24" dev "$interface"
echo "$1 ip=$ip mask=$subnet router=$router dns=$dns domain=$domain" \
    "lease=$lease server=$serverid hostname=$hostname"
"""

tap = Tap()


class Station:
    """A machine without an address that runs udhcpc."""

    def __init__(self, lab, name, mac):
        self.lab, self.name, self.mac = lab, name, mac
        lab.add_host(name)
        subprocess.run(["ip", "-n", lab.namespace(name), "link", "set",
                        "eth0", "address", mac], check=True)
        self.script = os.path.join(lab.work, "report.sh")
        with open(self.script, "w", encoding="ascii") as out:
            out.write(REPORT)
        os.chmod(self.script, 0o755)

    def ask(self, *options, tries=4):
        """What a lease gave, as a dict; empty where none came."""
        done = self.lab.run(
            self.name, "udhcpc", "-i", "eth0", "-f", "-n", "-q", "-t",
            str(tries), "-T", "1", "-A", "0", "-s", self.script, *options)
        match = re.search(r"^bound (.*)$", done.stdout, re.M)
        if not match:
            return {}
        return dict(re.findall(r"(\w+)=((?:[^ =]+(?: (?!\w+=))?)*)",
                               match[1]))

    def hold(self):
        """udhcpc that stays and gives its address back when it ends."""
        process = self.lab.start(
            f"udhcpc-{self.name}", self.name, "udhcpc", "-i", "eth0", "-f",
            "-R", "-T", "1", "-s", self.script)
        return process, process.wait_for(r"^bound ip=(\S+)", 10)


def prepare(lab, *loaders):
    """Loaders of the server; their content does not matter here."""
    folder = os.path.join(lab.work, "state", "loaders")
    os.makedirs(folder, exist_ok=True)
    for name in loaders:
        with open(os.path.join(folder, name), "wb") as out:
            out.write(b"MZ" + bytes(1000))
    for path in (os.path.dirname(folder), folder):
        shutil.chown(path, user())


def serve(lab, config):
    server = lab.serve(config=config, ready=False)
    if not server.wait_for(r"state in", 10):
        raise SystemExit("server does not start:\n" + server.output())
    return server


def check_server(lab):
    config = DHCP_SERVER.format(range="10.77.0.100-10.77.0.101")
    server = serve(lab, config)
    first = Station(lab, "first", "02:00:00:00:00:01")
    second = Station(lab, "second", "02:00:00:00:00:02")
    third = Station(lab, "third", "02:00:00:00:00:03")
    reserved = Station(lab, "reserved", "02:00:00:00:00:50")

    got = first.ask()
    tap.same(got, {"ip": "10.77.0.100", "mask": "255.255.255.0",
                   "router": "10.77.0.2", "dns": "10.77.0.2 10.77.0.3",
                   "domain": "example.net", "lease": "120",
                   "server": SERVER, "hostname": ""},
             "a client gets an address and all that belongs to it")
    tap.same(first.ask("-B").get("ip"), "10.77.0.100",
             "the answer also comes by broadcast")
    got = reserved.ask()
    tap.same((got.get("ip"), got.get("hostname")), ("10.77.0.50", "bench-1"),
             "a reserved address and its name go to their machine")
    holder, got = second.hold()
    tap.ok(got and got[1] == "10.77.0.101", "a second client gets another",
           holder.output())
    tap.same(third.ask(tries=2), {}, "a third one finds none left")

    server.stop()
    server = serve(lab, config)
    tap.same(first.ask().get("ip"), "10.77.0.100",
             "after a restart the first client has its address again")
    tap.same(third.ask(tries=2), {}, "and the second one's is still taken")

    holder.stop()
    tap.same(third.ask().get("ip"), "10.77.0.101",
             "an address that was given back goes to who needs one")
    server.stop()
    server = serve(lab, config)
    tap.same(second.ask(tries=2), {}, "which a restart does not forget")
    check_killed(server, first, third)
    tap.same(server.stop(), 0, "the server ends in good order")


def role_of(keeper, role):
    """Its pid, or None while it is down."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(keeper)],
                            capture_output=True, text=True, check=False)
    match = re.search(rf"^ *(\d+) hobnail role {role}\b", listed.stdout, re.M)
    return match and int(match[1])


def check_killed(server, first, third):
    """kill -9 of the roles that hold leases."""
    # `ip netns exec` executes the program, so the process is keeper.
    for role in ("dhcp", "state"):
        pid = role_of(server.pid, role)
        if not tap.ok(pid, f"the {role} role runs", server.output()):
            continue
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda role=role, pid=pid:
                   role_of(server.pid, role) not in (None, pid), 5)
        tap.same((first.ask().get("ip"), third.ask().get("ip")),
                 ("10.77.0.100", "10.77.0.101"),
                 f"leases outlive a kill of the {role} role")


def widen(lab):
    """Room for ten thousand clients."""
    for name, device, address in (("server", "lan0", SERVER),
                                  ("client", "eth0", "10.77.0.9")):
        lab.run(name, "ip", "address", "flush", "dev", device)
        lab.run(name, "ip", "address", "add", f"{address}/16", "brd", "+",
                "dev", device)


def check_rate(lab):
    if not shutil.which("perfdhcp"):
        tap.skip("a thousand clients a second", "perfdhcp is not installed")
        return
    widen(lab)
    server = serve(lab, DHCP_SERVER.format(
        range="10.77.16.0-10.77.100.255"))
    wait_until(lambda: lab.run(
        "client", "perfdhcp", "-4", "-l", "eth0", "-n", "1", "-R", "1", "-r",
        "1", "-W", "500000", SERVER).returncode == 0, 10)
    done = lab.run("client", "perfdhcp", "-4", "-l", "eth0", "-r", "1000",
                   "-R", "10000", "-p", "8", "-W", "2000000", SERVER)
    lost = re.findall(r"^drops: (\d+)", done.stdout, re.M)
    sent = re.findall(r"^sent packets: (\d+)", done.stdout, re.M)
    tap.ok(lost == ["0", "0"] and int(sent[0]) > 7000,
           "a thousand clients a second lose no packet through a relay",
           done.stdout + done.stderr)
    tap.same(server.stop(), 0, "and the server ends in good order")


def recorded(name):
    with open(os.path.join(WIRE, name + ".hex"), encoding="ascii") as lines:
        return bytes.fromhex(
            "".join(line.split("#")[0] for line in lines))


def options_of(packet):
    """The options of an answer, by number."""
    found, at = {}, 240
    while at < len(packet) and packet[at] != 255:
        if packet[at] == 0:
            at += 1
            continue
        found[packet[at]] = packet[at + 2:at + 2 + packet[at + 1]]
        at += 2 + packet[at + 1]
    return found


def broadcast_and_listen(lab, packet, seconds=2.0):
    """Send as a client without address; who answers, by server."""
    with lab.inside("bare"):
        channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        channel.bind(("0.0.0.0", 68))
    answers, end = {}, time.monotonic() + seconds
    with channel:
        channel.sendto(packet, ("255.255.255.255", 67))
        while (left := end - time.monotonic()) > 0:
            channel.settimeout(left)
            try:
                answer, source = channel.recvfrom(2048)
            except TimeoutError:
                break
            answers[source[0]] = answer
    return answers


def ask_boot_port(lab, packet):
    """A request to port 4011 from port 4011, as EDK2 sends it."""
    with lab.inside("client"):
        channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        channel.bind(("10.77.0.9", 4011))
    with channel:
        channel.settimeout(3)
        channel.sendto(packet[:12] + socket.inet_aton("10.77.0.9") +
                       packet[16:], (SERVER, 4011))
        try:
            return channel.recv(2048)
        except TimeoutError:
            return b""


def check_proxy(lab):
    lab.add_host("bare")
    lab.dnsmasq().wait_for("DHCP, IP range", 5)
    server = serve(lab, "")
    discover = recorded("dhcp-ovmf-pxe-discover")
    wait_until(lambda: SERVER in broadcast_and_listen(lab, discover, 0.5), 10)

    answers = broadcast_and_listen(lab, discover)
    tap.same(sorted(answers), [SERVER, "10.77.0.2"],
             "firmware hears the DHCP server and the proxy")
    offer = answers.get(SERVER, bytes(240))
    options = options_of(offer)
    name = b"b/52-54-00-12-34-56/snponly.efi"
    tap.same((offer[16:20], offer[20:24]),
             (bytes(4), socket.inet_aton(SERVER)),
             "the proxy gives no address but names itself")
    tap.same((offer[108:108 + len(name) + 1], options.get(67)),
             (name + b"\0", name + b"\0"),
             "the loader is named in the field and in the option")
    tap.same((options.get(60), options.get(43)),
             (b"PXEClient", bytes([6, 1, 8, 255])),
             "firmware may take the offer as it is")

    answers = broadcast_and_listen(lab, recorded("dhcp-ovmf-http-discover"))
    options = options_of(answers.get(SERVER, bytes(240)))
    tap.same((options.get(60), options.get(67)),
             (b"HTTPClient",
              b"http://10.77.0.1/b/52-54-00-12-34-56/snponly.efi\0"),
             "HTTP Boot gets a URL")
    answers = broadcast_and_listen(lab, recorded("dhcp-ipxe-efi-discover"))
    tap.same(options_of(answers.get(SERVER, bytes(240))).get(67),
             b"http://10.77.0.1/b/52-54-00-12-34-56/autoexec.ipxe\0",
             "iPXE gets the script")
    ack = ask_boot_port(lab, recorded("dhcp-ovmf-4011-request"))
    options = options_of(ack)
    tap.same((options.get(53), options.get(67)), (b"\5", name + b"\0"),
             "port 4011 answers the same")

    tap.ok(SERVER not in broadcast_and_listen(
        lab, recorded("dhcp-ovmf-pxe-request"), 1),
        "a request to the DHCP server is left to it")
    tap.ok(SERVER not in broadcast_and_listen(
        lab, recorded("dhcp-aavmf-pxe-discover"), 1),
        "a machine without a loader is offered nothing")
    tap.ok(server.wait_for("event=no-loader", 2) and
           server.output().count("event=no-loader") == 1,
           "which is said once", server.output())
    station = Station(lab, "plain", "02:00:00:00:00:01")
    tap.same(station.ask().get("server"), "10.77.0.2",
             "who does not boot gets its address from the DHCP server alone")
    tap.same(server.stop(), 0, "the proxy ends in good order")


def lines_for(said, name):
    """What `serve` printed for one kind of DHCP server."""
    match = re.search(rf"^for {name}, into .*:\n\n((?:.+\n)+)", said, re.M)
    return match[1] if match else ""


def judge(command, why):
    if not shutil.which(command[0]):
        tap.skip(why, f"{command[0]} is not installed")
        return
    done = subprocess.run(command, capture_output=True, text=True,
                          check=False)
    tap.ok(done.returncode == 0, why, done.stdout + done.stderr)


def check_dnsmasq(lab, lines):
    """What dnsmasq then tells the recorded clients."""
    lab.add_host("bare")
    lab.dnsmasq(*("--" + line for line in lines.splitlines())).wait_for(
        "DHCP, IP range", 5)
    wanted = {
        "dhcp-ovmf-pxe-discover": "snponly.efi",
        "dhcp-aavmf-pxe-discover": "ipxe-arm64.efi",
        "dhcp-ovmf-http-discover": f"http://{SERVER}/snponly.efi",
        "dhcp-ipxe-efi-discover": f"http://{SERVER}/boot.ipxe",
        "dhcp-ipxe-bios-discover": f"http://{SERVER}/boot.ipxe",
    }
    got = {}
    for name in wanted:
        packet = recorded(name)
        # With the broadcast flag, as this listener has no such address.
        packet = packet[:10] + b"\x80\0" + packet[12:]
        offer = broadcast_and_listen(lab, packet).get(
            "10.77.0.2", bytes(240))
        file = options_of(offer).get(67) or offer[108:236]
        got[name] = file.rstrip(b"\0").decode()
    tap.same(got, wanted, "dnsmasq then sends each client here")


def check_off(lab):
    server = serve(lab, "dhcp: {mode: \"off\"}\n")
    said = server.wait_for(r"mode 'proxy' needs", 5) and server.output() or ""
    files = {
        "dnsmasq": lines_for(said, "dnsmasq"),
        "isc": "subnet 10.77.0.0 netmask 255.255.255.0 "
               "{ range 10.77.0.100 10.77.0.110; }\n" +
               lines_for(said, "ISC dhcpd"),
        "kea": '{"Dhcp4": {"lease-database": {"type": "memfile", "persist": '
               'false}, "subnet4": [{"subnet": "10.77.0.0/24"}],\n' +
               lines_for(said, "Kea") + "}}\n",
    }
    for name, text in files.items():
        files[name] = os.path.join(lab.work, name)
        with open(files[name], "w", encoding="ascii") as out:
            out.write(text)
        tap.ok(f"http://{SERVER}/boot.ipxe" in text and
               "ipxe-arm64.efi" in text,
               f"off says what {name} must send", said)
    check_dnsmasq(lab, lines_for(said, "dnsmasq"))
    judge(["dnsmasq", "--test", "-C", files["dnsmasq"]],
          "dnsmasq takes its lines")
    judge(["dhcpd", "-t", "-cf", files["isc"]], "ISC dhcpd takes its lines")
    judge(["kea-dhcp4", "-t", files["kea"]], "Kea takes its lines")
    tap.same(server.stop(), 0, "off ends in good order")


def main():
    why = unavailable("udhcpc", "dnsmasq")
    if why:
        skip_all(why)
    for check in (check_server, check_rate, check_proxy, check_off):
        with Lab(limit=180) as lab:
            prepare(lab, "snponly.efi", "undionly.kpxe")
            check(lab)
    sys.exit(tap.done())


main()
