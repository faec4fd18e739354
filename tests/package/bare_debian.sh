#!/usr/bin/env bash
# The packages on a Debian 12 that has nothing else: installs the .deb, and then unpacks the .tar.gz, and runs the README's tour with each.
#     bare_debian.sh FOLDER       with the packages, as ./dev package makes them; root, and the network, are needed
#
# It works in a mount namespace of its own, which ends with it: what is mounted there is seen by nobody else, and nothing of this machine is
# mounted there. The folder is removed from outside, when there is no mount in it any more.
set -euo pipefail
packages=$(realpath "${1:?where are the packages?}")
here=$(dirname "$(realpath "$0")")
mirror=${RETICK_MIRROR:-http://deb.debian.org/debian}

if [ "${2:-}" != inside ]; then
    root=$(mktemp -d /tmp/retick-debian-XXXXXX)
    code=0
    unshare --mount --propagation private bash "$0" "$packages" inside "$root" || code=$?
    if grep -qF " $root" /proc/self/mountinfo; then
        echo "bare_debian.sh: something is mounted below $root: it stays" >&2
        exit 1
    fi
    rm -rf --one-file-system "$root"
    exit $code
fi

root=$3
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
debootstrap --variant=minbase bookworm "$root" "$mirror"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no service may start by itself
chmod +x "$root/usr/sbin/policy-rc.d"
mkdir "$root/packages"
cp "$packages"/retick_*.deb "$packages"/retick-*.tar.gz "$root/packages"
cp "$here/tour.sh" "$root/packages"

inside() {
    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}
inside apt-get -q update

echo "--- the .deb, with what it depends on and recommends"
inside sh -c 'apt-get -q -y install /packages/retick_*.deb'
inside apt-get -q -y --no-install-recommends install redis-server pkg-config libsqlite3-dev libxxhash-dev libjansson-dev libyaml-dev
inside bash /packages/tour.sh /usr/bin/retick /usr/share/doc/retick
inside apt-get -q -y remove retick
! inside sh -c 'command -v retick' || { echo "retick is still there" >&2; exit 1; }

echo "--- the .tar.gz"
inside sh -c 'mkdir /opt/retick && tar -xzf /packages/retick-*.tar.gz -C /opt/retick --strip-components=1'
inside bash /packages/tour.sh /opt/retick/bin/retick /opt/retick/share/doc/retick
echo "both packages run the tour"
