# docs/operating.md, followed to the letter: its own commands install the engine
# from the sources, back it up, restore it, change its link keys and move it to
# another machine.  The machines are overlays; systemctl is played by what reads
# the unit, ssh by chroot.

use lib 't/lib';
use Audience::Machine;
use Audience::Test;

plan skip_all => 'only root can install' if $> != 0;
plan skip_all => 'who installs has no sanitizers' if Audience::Test->sanitize;

my $build = Audience::Test->build;
my $tree = File::Temp->newdir('aud-tree-XXXXXX', TMPDIR => 1);
my $doc = Audience::Test->read_file('docs/operating.md');

is(system("make install BUILD=$build DESTDIR=$tree >$tree.log 2>&1"), 0,
   'make install') or diag(Audience::Test->read_file("$tree.log"));
unlink "$tree.log";


# --- the commands ----------------------------------------------------------------

# Blocks of that kind in the section that has that heading, one after the other.
sub blocks
{
    my ($heading, $kind) = @_;

    my ($section) = $doc =~ /^## \Q$heading\E\n(.*?)(?=^## |\z)/ms
        or die "no section $heading\n";
    my @blocks;
    while ($section =~ /^( *)```$kind\n(.*?)^\1```$/msg) {
        my ($indent, $text) = ($1, $2);
        push @blocks, $text =~ s/^$indent//mgr;
    }
    return @blocks;
}


# What a newcomer types differently, each of which must be there.
sub typed
{
    my ($text, @edits) = @_;

    while (my ($pattern, $instead) = splice @edits, 0, 2) {
        $text =~ s/$pattern/$instead/ or die "no $pattern in the commands\n";
    }
    return $text;
}


my (undef, $sources, $people, $serve) = blocks('Installing', 'sh');
my ($http) = blocks('Installing', 'nginx');
my ($backup) = blocks('Backups', 'sh');
my ($stop, $away, $restore) = blocks('Restoring', 'sh');
my ($copy, $again, $start) = blocks('Moving to a bigger machine', 'sh');
my ($new_key, $reload, $old_keys) = blocks('Changing link keys', 'sh');

$sources = typed($sources, qr/^sudo make install.*\n/m, '');
my $keyless = typed($sources, qr/^sudo systemctl enable.*\n/m, '',
                    qr/^echo "k1.*\n/m, '', qr/^sudo systemctl daemon.*\n/m, '');
$people = typed($people, qr/-apr1/, '-apr1 senha');
$serve = typed($serve, qr/-u ana\@example.com/, '-u ana@example.com:senha');
$http = "user www-data;\npid /run/nginx.pid;\nerror_log /var/log/nginx/error.log;\n"
        . typed($http, qr/^(?=http )/m, "events { }\n\n", qr{(?<=include )/usr/share}, '/usr/local/share',
                qr/server \{\n\s+(?=auth_basic)/, "server {\n        listen 127.0.0.1:80;\n        ");


# --- stand-ins ---------------------------------------------------------------------

my $stand_ins = <<'END';
ip link set lo up
rm -rf /var/lib/audience /etc/audience /run/audience /mnt/* /etc/nginx/modules-enabled/*
mkdir -p /usr/local/bin /usr/local/sbin
cat > /usr/local/bin/sudo <<'SH'
#!/bin/sh
exec "$@"
SH
cat > /usr/local/bin/ssh <<'SH'
#!/bin/sh
[ "$1" = new ] || exit 255
shift
exec chroot /new sh -c "$*"
SH
cat > /usr/local/bin/systemctl <<'SH'
#!/bin/sh
# Of systemctl what the procedures need: nginx, and the worker by its unit.
set -eu
unit=/usr/local/lib/systemd/system/audience-worker.service
get() { sed -n "s,^$1=,,p" $unit; }
is_up() { [ -e /run/$1.pid ] && kill -0 $(cat /run/$1.pid) 2>/dev/null; }
start() {
    [ -e $(get ConditionPathExists) ] || exit 0
    for d in /var/lib/$(get StateDirectory) /run/$(get RuntimeDirectory); do
        install -d -m 750 -o $(get User) -g $(get Group) $d
    done
    cd /
    setpriv --reuid=$(get User) --regid=$(get Group) --clear-groups \
        setsid $(get ExecStart) >>/var/log/worker.log 2>&1 </dev/null &
    echo $! > /run/audience-worker.pid
}
stop() {
    kill $(cat /run/audience-worker.pid)
    while is_up audience-worker; do sleep 0.05; done
    rm -rf /run/$(get RuntimeDirectory)
}
case "$*" in
daemon-reload|"disable audience-worker") ;;
"start audience-worker"|"enable --now audience-worker") start ;;
"stop audience-worker") stop ;;
"reload audience-worker") kill -HUP $(cat /run/audience-worker.pid) ;;
"restart nginx") is_up nginx && { nginx -s quit; while is_up nginx; do sleep 0.05; done; }; nginx ;;
"reload nginx")    # and the workers that know only what was before are gone
    old=$(cat /proc/$(cat /run/nginx.pid)/task/*/children)
    nginx -s reload
    for pid in $old; do while [ -e /proc/$pid ]; do sleep 0.05; done; done ;;
*) echo "systemctl $*?" >&2; exit 1 ;;
esac
SH
chmod 755 /usr/local/bin/*

# And what the test asks.
until_() {
    for _ in $(seq 6000); do eval "$1" && return 0; sleep 0.05; done
    echo "in vain: $1"; cat /var/log/worker.log /var/log/nginx/error.log; exit 1
}
call() { curl -s -m 60 -u ana@example.com:senha "$@"; }
base() { echo http://127.0.0.1/v1; }
ready() { until_ '[ "$(call -o /dev/null -w %{http_code} http://127.0.0.1/readyz)" = 200 ]'; }
count() { call -d '{"limit": 0}' -H 'Content-Type: application/json' $(base)/query | grep -o '"count": *[0-9]*' | tr -dc 0-9; }
counts() { until_ "[ \"\$(count)\" = $1 ]"; echo "$2: $1 people"; }
export_() {
    call -o /dev/null -X POST "$(base)/audiences/$audience/exports" -D /root/head
    export=$(grep -io '^location:.*exp_[0-9a-z]*' /root/head | grep -o 'exp_.*')
    until_ 'call $(base)/exports/$export | grep -q "\"done\""'
    link=http://127.0.0.1$(call $(base)/exports/$export | grep -o '/e/[^"]*')
}
follow() { curl -s -m 60 -o /dev/null -w "%{http_code}" "$1"; }
END


# --- the run ------------------------------------------------------------------------

my $machine = Audience::Machine->new(second => 1, net => 1);

$machine->put("$tree/." => '/');
$machine->put('conf/sample.csv' => '/root/sample.csv');

my ($status, $out) = $machine->run(<<"END");
export DEBIAN_FRONTEND=noninteractive
$stand_ins
cp -R /usr/local/bin/. /new/usr/local/bin/
cat > /etc/nginx/nginx.conf <<'NGINX'
${http}NGINX

$sources
$people
$serve
ready
call -o /dev/null --data-binary \@/root/sample.csv -H 'Content-Type: text/csv' "\$(base)/imports?filename=a.csv"
until_ 'call \$(base)/imports | grep -q succeeded'
all=\$(count)
echo; echo "installed: \$all"
audience=\$(call -H 'Content-Type: application/json' -d '{"name": "A", "filter": {"all": []}}' \$(base)/audiences | grep -o 'aud_[0-9a-z]*' | head -n 1)
export_
echo "a link: \$(follow \$link)"

# Somebody comes in after the backup, and is not there when it is restored.
$backup
printf 'phoneNumber,name\\n11913572468,Depois\\n' > /root/later.csv
call -o /dev/null --data-binary \@/root/later.csv -H 'Content-Type: text/csv' "\$(base)/imports?filename=b.csv"
counts \$((all + 1)) later
(
$stop
$away
counts \$((all + 1)) stopped
$restore
)
ready
counts \$all restored

export_
first=\$link
(
$new_key
$reload
)
until_ 'grep -q "link keys read" /var/log/worker.log'
ls -l /etc/audience/link.keys | cut -d' ' -f1,3 | sed 's/^/keys: /'
export_
until_ '[ "\$(follow \$link)" = 200 ]'
echo "with the new key: \$(follow \$link), with the old one: \$(follow \$first)"
$old_keys
until_ '[ "\$(follow \$first)" != 200 ]'
ls -l /etc/audience/link.keys | cut -d' ' -f1,3 | sed 's/^/keys: /'
echo "without the old key: \$(follow \$link), \$(follow \$first)"

# Other ids over there.
mkdir -p /new/etc/audience /new/var/log/nginx
chroot /new adduser --system --quiet --no-create-home somebody
chroot /new sh -eu <<'NEW'
rm -rf /var/lib/audience /etc/audience /run/audience
$keyless
NEW
$copy
$again
echo "the old one: \$(count), \$(follow \$link)"
old=\$(cat /run/nginx.pid)
nginx -s quit
while [ -e /proc/\$old ]; do sleep 0.05; done
chroot /new sh -eu <<'NEW'
$start
NEW
ready
counts \$all moved
echo "the link: \$(follow \$link)"
ls -ld /new/var/lib/audience/db | cut -d' ' -f3 | sed 's/^/owner here: /'
chroot /new ls -ld /var/lib/audience/db | cut -d' ' -f3 | sed 's/^/owner there: /'
grep -hE 'crit|alert|emerg|\\[error' /var/log/nginx/error.log /new/var/log/nginx/error.log |
    grep -v 'connect() to unix:/run/audience/worker.sock failed' || true
grep -h '"level": "error"' /var/log/worker.log /new/var/log/worker.log || true
END

is($status, 0, 'the procedures') or diag($out);
ok($out =~ /^installed: [1-9]\d+$/m, 'installed from the sources, and a file imported');
ok($out =~ /^a link: 200$/m, 'a link works');
ok($out =~ /^later: \d+ people$/m, 'a backup, and somebody more');
ok($out =~ /^stopped: \d+ people$/m, 'queries go on without the worker');
ok($out =~ /^restored: \d+ people$/m, 'what the backup has is restored');
is_deeply([$out =~ /^keys: (.*)$/mg], [('-rw------- audience') x 2],
          'keys stay the worker\'s alone');
ok($out =~ /^with the new key: 200, with the old one: 200$/m,
     'a new key breaks no link');
ok($out =~ /^without the old key: 200, 40[13]$/m, 'without the old one its links are dead');
ok($out =~ /^the old one: [1-9]\d+, 200$/m, 'the old machine answers while it moves');
ok($out =~ /^moved: [1-9]\d+ people$/m, 'the new one has everybody');
ok($out =~ /^the link: 200$/m, '... and its links');
ok($out =~ /^owner there: audience$/m, '... and its owners');
is_deeply([grep { !/"base unusable"|is audience_root the worker's data root/ }
           $out =~ /^.*(?:\[(?:crit|alert|emerg|error)|"level": "error").*$/mg],
          [], 'nothing bad in the logs');
diag($out) unless Test::More->builder->is_passing;

done_testing();
