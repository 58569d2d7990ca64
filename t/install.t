# `make install` puts everything in its place; the unit is well locked up; the
# sample configuration with the installed module is one that nginx takes.

use strict;
use warnings;

use File::Temp 'tempdir';
use Test::More;

my $build = $ENV{BUILD} || 'build';
my $dest = tempdir('aud-install-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $log = qx{make install DESTDIR=$dest PREFIX=/usr 2>&1 </dev/null};

is($?, 0, 'make install') or diag($log);

ok(-x "$dest/usr/sbin/audience-worker", 'the worker');
ok(-f "$dest/usr/lib/nginx/modules/ngx_http_audience_module.so", 'the module');

for my $file (qw(worker.conf audience.conf nginx.conf.in locale web/index.html
                 lexicons/languages.txt lexicons/pt/price.txt
                 operating.md))
{
    ok(-e "$dest/usr/share/audience/$file", $file);
}

my $unit = "$dest/usr/lib/systemd/system/audience-worker.service";
my $text = do { local (@ARGV, $/) = $unit; <> };

like($text, qr{^ExecStart=/usr/sbin/audience-worker }m, 'the unit');
unlike($text, qr/\@PREFIX\@/, 'has no gaps');

my $report = qx{systemd-analyze security --no-pager --offline=true --threshold=20 $unit 2>&1};
is($?, 0, 'the unit leaves little open') or diag($report);

done_testing();
