#!/usr/bin/env bash
# Installs the Debian package on a bare Debian 12 in a directory of its own, mounts a simulated vCenter there, backs a VM up,
# and removes the package again. Needs root, /dev/fuse and the package sources of this machine; a few minutes.
#
# usage: tests/bare-system.sh [BUILD]     BUILD: a build of the release preset with the simulator (default: build/release)
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build/release}")
work=$(mktemp -d /var/tmp/vtpmfs-bare-XXXXXX)
root=$work/root
simulator=
cleanup() {
  [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
  local mounted
  mounted=$(awk -v under="$work/" 'index($5, under) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
  for point in $mounted; do umount -l "$point"; done
  rm -rf "$work"
}
trap cleanup EXIT
say() { printf '== %s\n' "$*"; }
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
# Everything but apt's own traces.
files() { inside find / -xdev \( -path /proc -o -path /dev -o -path /var/log -o -path /var/cache -o -path /run -o -path /var/lib/dpkg -o -path /var/lib/apt \
  -o -path /etc/apt -o -path /tmp \) -prune -o -print | sort; }

command -v mmdebstrap >/dev/null || apt-get install -y -q mmdebstrap >/dev/null
say "the package"
(cd "$build" && cpack -B "$work/packages" >/dev/null)
package=$(find "$work/packages" -maxdepth 1 -name '*.deb')

say "a bare Debian 12"
mapfile -t sources < <(find /etc/apt -maxdepth 2 -type f \( -name '*.list' -o -name '*.sources' \) -size +0)
mmdebstrap --quiet --variant=apt bookworm "$root" "${sources[@]}"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"
# What the package asks for is another package's business: only what vtpmfs itself leaves counts.
mapfile -t needed < <(dpkg-deb -f "$package" Depends | tr ',' '\n' | sed 's/(.*//; s/|.*//; s/ //g')
inside apt-get update -q >/dev/null
inside apt-get install -y -q --no-install-recommends "${needed[@]}" >/dev/null
files >"$work/before"

say "apt-get install"
cp "$package" "$root/tmp/vtpmfs.deb"
inside apt-get install -y -q /tmp/vtpmfs.deb >"$work/install.log" 2>&1 || { cat "$work/install.log"; exit 1; }
inside vtpmfs --version

say "a mount by mount(8), with a configuration file"
mkdir "$work/simulator"
(umask 077; echo secret >"$work/password")
"$build/tests/simulator/vcenter-simulator" --cert-dir "$work/simulator" --ready-file "$work/ready.json" \
  --user backup@vsphere.local --password-file "$work/password" >"$work/simulator.log" 2>&1 &
simulator=$!
until [ -s "$work/ready.json" ]; do
  kill -0 "$simulator"
  sleep 0.1
done
fact() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$work/ready.json" | head -n 1; }
server=$(fact url | sed 's#^https://##; s#/$##')
install -D -m 600 "$work/password" "$root/etc/vtpmfs/lab.password"
cp "$(fact ca_file)" "$root/etc/vtpmfs/ca.pem"
cat >"$root/etc/vtpmfs/lab.conf" <<CONF
server = "$server"
user = "backup@vsphere.local"
password-file = "/etc/vtpmfs/lab.password"
ca-file = "/etc/vtpmfs/ca.pem"
ro = true
CONF
mkdir "$root/mnt/vc"
inside mount -t vtpmfs none /mnt/vc -o config=/etc/vtpmfs/lab.conf
inside cp -r /mnt/vc/DC1/vm/win00001 /tmp/saved
inside sh -c 'cd /tmp/saved && sha256sum -c SHA256SUMS'
inside vtpmfs check /tmp/saved
inside umount /mnt/vc
inside sh -c 'while pidof vtpmfs >/dev/null; do :; done'
rmdir "$root/mnt/vc"

say "apt-get purge"
inside apt-get purge -y -q vtpmfs >/dev/null
rm -r "$root/etc/vtpmfs"
rm -rf "$root/var/lib/vtpmfs"   # the times of the mount: data, which no package removes
files >"$work/after"
if ! diff "$work/before" "$work/after"; then
  echo "the package left something behind" >&2
  exit 1
fi
say "nothing is left"
