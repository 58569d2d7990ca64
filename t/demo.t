# The first hour, as the README has it: the demo, twice on one folder, and then
# the commands under "The API by example", as they stand there.

use lib 't/lib';
use strict;
use warnings;

use Audience::Stack;
use File::Temp 'tempdir';
use JSON::PP;
use Test::More;

my $dir = tempdir('aud-demo-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $port = Audience::Stack::free_port();

# What is preloaded into nginx under sanitizers is for nothing else.
my $env = Audience::Stack::sanitizer_env('nginx');
if (%$env) {
    open my $nginx, '>', "$dir/nginx" or die $!;
    print $nginx "#!/bin/sh\nexec env ",
                 join(' ', map { "'$_=$env->{$_}'" } sort keys %$env),
                 " /usr/sbin/nginx \"\$@\"\n";
    close $nginx;
    chmod 0755, "$dir/nginx";
    $ENV{NGINX_PATH} = "$dir/nginx";
}

for my $time ('the first time', 'again') {
    my $out = qx{LC_ALL=es_MX.UTF-8 tools/demo $dir $port 2>&1 </dev/null};

    is($?, 0, "the demo, $time") or diag($out);

    my ($link) = $out =~ m{^Link: +(http://127\.0\.0\.1:$port/e/\S+)$}m;
    my ($mail) = $out =~ m{^ +(\S+/outbox/\S+\.eml)$}m;

    ok($link, '… ends with the link') or next;
    like(qx{curl -sS --fail $link}, qr/^phoneNumber,.*\r\n\+55\d+,/,
         '… on which curl gets the audience');
    ok(-s $mail, '… and with where the e-mail lies');
}

is(decode_json(qx{curl -sS -u demo\@example.com:demo http://127.0.0.1:$port/v1/me})
   ->{language}, 'es', 'who starts it is spoken to in their own language');

my ($script) = text('README.md')
               =~ /^## The API by example\n.*?^```sh\n(.*?)^```$/ms;
my ($set_up) = $script =~ /^(api\(\).*\n)/m;
my %id;

for my $command ($script =~ /^(api .*?)(?=^api |^$|^#|\z)/msg) {
    $command =~ s/ {2,}# .*//;
    $command =~ s/\b(aud|exp)_…/$id{$1}/;

    my $out = bash("$set_up url=http://127.0.0.1:$port; $command");
    my $json = eval { decode_json($out) };

    ok($json && ref $json eq 'HASH' && ($json->{type} // '') !~ /problems/,
       (split /\n/, $command)[0]) or diag($out);
    $id{$1} = $json->{id} if ($json->{id} // '') =~ /^(aud|exp)_/;
}
is(join(' ', sort keys %id), 'aud exp', 'an audience and its export came of it');

is(system("tools/down $dir >/dev/null"), 0, 'make down stops it all');
is_deeply([glob "$dir/*.pid"], [], 'and leaves nothing running');

done_testing();


sub bash
{
    open my $pipe, '-|', 'bash', '-c', $_[0] or die $!;
    local $/;
    return scalar <$pipe>;
}


sub text
{
    my ($path) = @_;
    local (@ARGV, $/) = $path;
    return scalar <>;
}
