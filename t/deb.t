# The Debian packages: built from what the other tests run on, with nothing
# that lintian warns of, installed, run and removed in an overlay over this machine's files,
# which none of it reaches.

use lib 't/lib';
use Audience::Machine;
use Audience::Test;

plan skip_all => 'only root can install packages' if $> != 0;

# What the packager's tools do to programs is no matter of sanitizers.
plan skip_all => 'packages hold no sanitizers' if Audience::Test->sanitize;

my $build = Audience::Test->build;
my $machine = Audience::Machine->new;
my $dir = File::Temp->newdir('aud-deb-XXXXXX', TMPDIR => 1);
my ($version) = Audience::Test->read_file('debian/changelog') =~ /\((.*?)\)/;


sub sh
{
    my ($command) = @_;
    my $out = qx{($command) 2>&1 </dev/null};
    return ($? >> 8, $out);
}


sub sh_ok
{
    my ($what, $command) = @_;
    my ($rc, $out) = sh($command);
    is($rc, 0, $what) or diag($out);
    return $out;
}


sh_ok('make deb', "AUDIENCE_BUILD=$build DEB_BUILD_OPTIONS='noautodbgsym nostrip' "
                  . "make deb BUILD=$dir/b");

my @debs = sort glob "$dir/b/deb/*.deb";
is_deeply([map { m{([^/]+)$} } @debs],
          ["audience-worker_${version}_amd64.deb",
           "libnginx-mod-http-audience_${version}_amd64.deb"], 'two packages');

my ($rc, $said) = sh("lintian --allow-root --fail-on error,warning "
                     . "--suppress-tags unstripped-binary-or-object @debs");
is($rc, 0, 'lintian finds nothing wrong') or diag($said);

like(sh_ok('the module', "dpkg-deb -f $debs[1] Depends"), qr/\bnginx-abi-\S+/,
     'depends on the nginx that it was built for');


# --- a machine to install on ---------------------------------------------------

$machine->put($_ => '/root/debs/' . s{.*/}{}r) for @debs;

my ($status, $out) = $machine->run(<<"END");
export DEBIAN_FRONTEND=noninteractive
rm -rf /etc/nginx/modules-enabled/* /var/lib/audience /etc/audience
dpkg -i /root/debs/*.deb >/tmp/dpkg.out 2>&1 || { cat /tmp/dpkg.out; exit 1; }
echo "user \$(id -gn audience) \$(getent passwd audience | cut -d: -f6,7)"
echo "module \$(cat /etc/nginx/modules-enabled/50-mod-http-audience.conf)"
! audience-worker -c /etc/audience/worker.conf -t 2>&1 | sed 's/^/without keys: /'
audience-worker -V

echo "k1 \$(openssl rand -hex 32)" | install -m 600 -o audience /dev/stdin /etc/audience/link.keys
setpriv --reuid=audience --regid=www-data --clear-groups audience-worker -c /etc/audience/worker.conf -t

# Folders that systemd makes for the unit.
install -d -m 750 -o audience -g www-data /var/lib/audience /run/audience
cat > /etc/nginx/nginx.conf <<NGINX
user www-data;
pid /run/nginx.pid;
error_log /tmp/error.log;
include /etc/nginx/modules-enabled/*.conf;
thread_pool audience threads=2 max_queue=256;
events { }
http {
    upstream audience_worker { server unix:/run/audience/worker.sock; keepalive 4; }
    audience_root /var/lib/audience;
    audience_threads audience;
    audience_link_keys /etc/audience/link.keys;
    audience_tenant demo;
    audience_user demo\@example.com;
    server { listen unix:/run/nginx.sock; include /usr/share/audience/audience.conf; }
}
NGINX
nginx -t

setpriv --reuid=audience --regid=www-data --clear-groups \\
    audience-worker -c /etc/audience/worker.conf 2>/tmp/worker.log &
worker=\$!
until_() { for _ in \$(seq 1200); do eval "\$1" && return 0; sleep 0.05; done; cat /tmp/worker.log /tmp/error.log; exit 1; }
until_ '[ -S /run/audience/worker.sock ]'
nginx
call() { curl -s -m 60 --unix-socket /run/nginx.sock "\$@"; }
until_ '[ "\$(call -o /dev/null -w %{http_code} http://x/readyz)" = 200 ]'
call -o /dev/null -w 'upload %{http_code}\\n' --data-binary \@/usr/share/audience/sample.csv \\
    -H 'Content-Type: text/csv' 'http://x/v1/imports?filename=a.csv'
until_ 'call http://x/v1/imports | grep -q succeeded'
id=\$(call -H 'Content-Type: application/json' -d '{"name": "A", "filter": {"all": []}}' http://x/v1/audiences | grep -o 'aud_[0-9a-z]*' | head -n 1)
call -o /dev/null -X POST "http://x/v1/audiences/\$id/exports" -D /tmp/head
export=\$(grep -io '^location:.*exp_[0-9a-z]*' /tmp/head | grep -o 'exp_.*')
until_ 'call http://x/v1/exports/\$export | grep -q "\\"done\\""'
url=\$(call http://x/v1/exports/\$export | grep -o '/e/[^"]*')
call "http://x\$url" | head -n 1 | sed 's/^/export: /'
call -o /dev/null "http://x\$url"
until_ 'call http://x/v1/exports/\$export | grep -q "\\"downloads\\": *2"' && echo counted
setpriv --reuid=www-data --regid=www-data --clear-groups ls /var/lib/audience/db 2>&1 | sed 's/^/nginx and the store: /'
grep -E 'crit|alert|emerg|\\[error' /tmp/error.log || true
grep '"level": "error"' /tmp/worker.log || true
nginx -s quit
kill \$worker; wait \$worker
echo "worker ended \$?"

systemd-analyze security --no-pager --offline=true --threshold=20 \\
    /lib/systemd/system/audience-worker.service >/tmp/security.out 2>&1 && echo 'the unit is locked up'
systemd-analyze verify --man=no /lib/systemd/system/audience-worker.service && echo 'the unit is sound'

# The next version, over settings that were changed.  The packages' scripts think
# that systemd runs, and say what they ask of it.
mkdir -p /run/systemd/system
printf '#!/bin/sh\\necho "asked to \$*" >> /tmp/asked\\n' > /usr/bin/deb-systemd-invoke
echo '# changed here' >> /etc/audience/worker.conf
for deb in /root/debs/*.deb; do
    dpkg-deb -R \$deb /root/next
    sed -i 's/^Version: .*/&.1/' /root/next/DEBIAN/control
    dpkg-deb -Zgzip -z1 -b /root/next \$deb >/dev/null
    rm -r /root/next
done
dpkg -i /root/debs/*.deb >/tmp/dpkg.out 2>&1 </dev/null || { cat /tmp/dpkg.out; exit 1; }
[ -e /var/lib/audience/db ] && [ -e /etc/audience/link.keys ] && [ -e /etc/nginx/modules-enabled/50-mod-http-audience.conf ] \\
    && grep -q '^# changed here' /etc/audience/worker.conf && echo "now \$(dpkg-query -W -f '\${Version}' audience-worker)"
sed 's/^/upgrade: /' /tmp/asked
rm /tmp/asked

dpkg -r audience-worker libnginx-mod-http-audience >/tmp/dpkg.out 2>&1 || { cat /tmp/dpkg.out; exit 1; }
sed 's/^/removal: /' /tmp/asked
ls /etc/nginx/modules-enabled/*.conf /usr/sbin/audience-worker 2>/dev/null || echo removed
dpkg -P audience-worker libnginx-mod-http-audience 2>&1 | grep 'audience-worker: /var'
[ -e /var/lib/audience/db ] && [ -e /etc/audience/link.keys ] && ! [ -e /etc/audience/worker.conf ] && echo kept
END

is($status, 0, 'installed, run, removed') or diag($out);
like($out, qr{^user www-data /var/lib/audience:/usr/sbin/nologin$}m, 'a user of its own');
like($out, qr{^module load_module modules/ngx_http_audience_module.so;$}m,
     'the module is loaded');
like($out, qr{^without keys: .*link\.keys}m, 'without keys it says what it lacks');
like($out, qr{^audience-worker \Q$version\E$}m, 'the version is the package\'s');
like($out, qr{^the configuration is fine$}m, 'the settings of the package hold');
like($out, qr{^upload 202$}m, 'two users work together: an upload');
like($out, qr{^export: .*phone}m, 'an export');
like($out, qr{^counted$}m, 'its downloads');
like($out, qr{^nginx and the store: .*Permission denied}m, 'but nginx cannot read the store');
unlike($out, qr{\[(?:crit|alert|emerg|error)\]|"level": "error"}, 'nothing bad in the logs');
like($out, qr{^worker ended 0$}m, 'the worker ends well');
like($out, qr{^the unit is locked up$}m, 'the exposure of its unit is below 2.0');
like($out, qr{^the unit is sound$}m, '... in which systemd finds nothing wrong');
like($out, qr{^now \Q$version\E\.1$}m, 'an upgrade leaves data, keys and settings');
is_deeply([$out =~ /^upgrade: (.*audience-worker.*)$/mg],
          ['asked to restart audience-worker.service'], '... and restarts the worker');
is_deeply([$out =~ /^removal: (.*audience-worker.*)$/mg],
          ['asked to stop audience-worker.service'], 'removal stops it');
like($out, qr{^removed$}m, 'nothing of the programs is left');
like($out, qr{^audience-worker: /var/lib/audience has people's data and stays}m,
     'what people entrusted');
like($out, qr{^kept$}m, '... outlives the package');
diag($out) unless Test::More->builder->is_passing;

done_testing();
