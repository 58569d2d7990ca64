# Audience::Test: a real nginx with our module and a real audience-worker on
# free ports in a folder of their own, for one test file.
#
#   use lib 't/lib';
#   use Audience::Test;                     # Test::More, strict and warnings too
#
#   my $t = Audience::Test->start;
#
#   my $import = $t->import_file('crm.csv', "phoneNumber,name\n11987654321,Ana\n");
#   is($import->{rows}{imported}, 1, 'the row went in');
#   is($t->count({ field => 'name', op => 'equals', value => 'ana' }), 1,
#      'and is found');
#
#   my $r = $t->post('/v1/audiences', { name => 'All', filter => { all => [] } });
#   is($r->{status}, 201);
#   is($t->get("/v1/audiences/$r->{json}{id}", tenant => 'other')->{status}, 404);
#
#   $t->finish;                             # stops all, reads the logs, done_testing
#
# Run one by `make check TESTS=t/x.t`.  AUDIENCE_SANITIZE=1 takes programs that
# `make sanitize` built, AUDIENCE_KEEP=1 keeps the folder, BUILD names the build
# folder.  A test file runs as root and as an ordinary user.
#
# start(%options)
#   worker        { 'import.area_code' => '11' }: keys of conf/worker.conf.
#                 The number 0 instead: start without a worker.
#   import        parameters of `audience_import`, e.g. 'max_rows=10'
#   http, server  text put into nginx.conf's http and server blocks
#   nginx_workers worker processes (1)
#   root          data folder (a new one)
#   link_keys     key file (a new one with one key)
#   nginx         0: do not start nginx
#   prepare(%options) does all but starting; then start_worker, start_nginx.
#
# Calls; each takes options tenant => 'demo', user => 'demo@example.com',
# headers => {…}, type => 'application/json', timeout => 120 and gives
# { status, headers, type, text, json }:
#   get head delete (path); post put patch (path, body)   body: data sent as
#                 JSON, or bytes, or a sub that gives pieces
#   upload(name, bytes)       also multipart => 1, chunked => 1,
#                             args => 'encoding=latin-1'
#   raw(bytes)    one request as it stands, half_close => 1, port => …
#   connect       a socket to nginx
#   query(filter, limit => 5) POST /v1/query; the JSON, which must be a 200
#   count(filter) its count
#
# Waiting, never by fixed sleeps; each dies with a sentence when time is up:
#   wait_for(what, sub)       until the sub gives something true; gives it
#   wait_import(id), wait_job(id), wait_export(id)    its final JSON
#   wait_visible              until every nginx worker serves the generation
#                             that the worker has published
#   import_file(name, bytes)  upload, wait_import, wait_visible
#
# Processes and files:
#   dir root port http2_port url link_keys worker_socket
#   start_worker(env => {…}, under => ['strace', …], wait => 0)
#   stop_worker, kill_worker (SIGKILL), stop_nginx    give the wait status
#   restart_worker('import.area_code' => '21')        stop, settings, start
#   hold_jobs('import:started')                       stop, start with jobs that
#                 wait at that point of worker/faults.h until release_jobs
#   reload(import => 'max_rows=5')                    new nginx.conf, then HUP
#   pid('nginx'), pid('worker'), nginx_workers
#   error_log, worker_log, write_file(name, text), read_file(path)
#   expect_nginx(qr/…/), expect_worker(qr/…/)         lines that may stand there
#
# finish stops both, and asserts that nginx and worker ended with status 0, that
# error.log holds no [alert], no [emerg] and no line of a sanitizer, and that
# the worker logged nothing but JSON lines below "error".

package Audience::Test;

use strict;
use warnings;
use parent qw(Audience::Stack Audience::Client);

use Test::More ();
use Time::HiRes ();


sub import
{
    my $caller = caller;

    strict->import;
    warnings->import;
    eval "package $caller; use Test::More; 1" or die $@;
}


sub start
{
    my ($class, %opt) = @_;

    my $t = $class->prepare(%opt, ref $opt{worker} ? () : (worker => {}));

    $t->start_worker if !defined $opt{worker} || $opt{worker};
    $t->start_nginx if !defined $opt{nginx} || $opt{nginx};
    return $t;
}


sub dir        { $_[0]{dir} }
sub root       { $_[0]{root} }
sub port       { $_[0]{port} }
sub http2_port { $_[0]{http2_port} }
sub url        { "http://127.0.0.1:$_[0]{port}" }


# conf/nginx.conf.in and conf/audience.conf as operators get them, but for what
# a test needs otherwise: tenant and user from headers instead of passwords.
sub write_nginx_conf
{
    my ($t) = @_;

    my $opt = $t->{options};
    my $root = $> == 0;
    # Browsers add no headers to what they save as a file, but cookies.
    my $test_maps = 'map $http_x_tenant $test_tenant { default $http_x_tenant;
        "" $cookie_tenant; }
    map $http_x_user $test_user { default $http_x_user; "" $cookie_user; }';

    my $locations = edit($t->read_file($t->repository . '/conf/audience.conf'),
        defined $opt->{import} ? (qr/(?<=audience_import) [^;]+/
                                  => " $opt->{import}") : ());

    my $conf = edit($t->read_file($t->repository . '/conf/nginx.conf.in'),
        qr/\@MODULE\@/ => $t->build . '/module/ngx_http_audience_module.so',
        qr/\buser +\@USER\@;/ => $root ? 'user root;' : '',
        qr/\@ROOT\@/ => $t->{root},
        qr/\@RUN\@/ => $t->{dir},
        qr/\@CONF\@/ => $t->{dir},
        qr/\@WEB\@/ => $t->build . '/web',
        qr/\@PORT\@;/ => "$t->{port};
        listen 127.0.0.1:$t->{http2_port} http2;",
        qr/(?<=worker_processes)[^;]+/ => ' ' . ($opt->{nginx_workers} || 1),
        qr/(?<=audience_link_keys)[^;]+/ => ' ' . $t->link_keys,
        qr/(?<=audience_tenant)[^;]+/ => ' $test_tenant',
        qr/(?<=audience_user)[^;]+/ => ' $test_user',
        qr/^\s+auth_basic[^;]*;/m => '',
        qr/(?=^    server \{)/m => "    $test_maps\n    " . ($opt->{http} // ''),
        qr/(?=^ +include +[^;]+audience.conf;)/m => $opt->{server} // '',
    );

    $t->write_file('audience.conf', $locations);
    $t->write_file('nginx.conf', "daemon off;\n" . $conf);
}


# Every pattern must be there, so that the tests notice when a template moves.
sub edit
{
    my ($text, @edits) = @_;

    $text =~ s/^\s*#.*\n//mg;

    while (my ($pattern, $replacement) = splice @edits, 0, 2) {
        $text =~ s/$pattern/$replacement/g
            or die "nginx's templates have nothing like $pattern\n";
    }
    return $text;
}


# --- waiting -----------------------------------------------------------------

sub wait_for
{
    my ($t, $what, $code, $seconds) = @_;

    my $deadline = Time::HiRes::time() + $t->seconds($seconds || 120);

    while (1) {
        my $value = $code->();
        return $value if $value;
        die "waited in vain for $what\n" if Time::HiRes::time() > $deadline;
        Time::HiRes::sleep(0.02);
    }
}


# Polls a thing until its state is one of the final ones.  Nobody starts a worker
# meanwhile: one that is gone is not waited for.
sub wait_state
{
    my ($t, $path, $final, %opt) = @_;

    return $t->wait_for("$path to end", sub {
        die "the worker has ended, and $path has not:\n",
            $t->log_tail('worker.log')
            if $t->pid('worker') && !$t->alive('worker');

        my $r = $t->get($path, %opt);
        $r->{json} && ($r->{json}{state} // '') =~ $final && $r->{json};
    }, $opt{seconds});
}


sub wait_import
{
    my ($t, $id, %opt) = @_;
    return $t->wait_state("/v1/imports/$id", qr/^(succeeded|failed)$/, %opt);
}


sub wait_job
{
    my ($t, $id, %opt) = @_;
    return $t->wait_state("/v1/jobs/$id", qr/^(done|dead|cancelled)$/, %opt);
}


sub wait_export
{
    my ($t, $id, %opt) = @_;
    return $t->wait_state("/v1/exports/$id",
                          qr/^(done|failed|expired|revoked)$/, %opt);
}


# Uploads, and returns the finished import once queries see it.
sub import_file
{
    my ($t, $name, $bytes, %opt) = @_;

    my $r = $t->upload($name, $bytes, %opt);
    die "upload of $name: $r->{status} $r->{text}\n" unless $r->{status} == 202;

    my %who = map { $_ => $opt{$_} } grep { exists $opt{$_} } qw(tenant user);
    my $import = $t->wait_import($r->{json}{id}, %who);

    $t->wait_visible(%who);
    return $import;
}


# Until every nginx worker answers from the generation that stands published
# now.  Workers take turns at random, hence several answers in a row.
sub wait_visible
{
    my ($t, %who) = @_;

    my $tenant = defined $who{tenant} ? $who{tenant} : 'demo';
    my $manifest = "$t->{root}/segments/$tenant/MANIFEST";
    my $number = -e $manifest
                 ? unpack('x16 Q<', $t->read_file($manifest)) : 0;
    my $answers = ($t->{options}{nginx_workers} || 1) == 1 ? 1 : 12;

    $t->wait_for("generation $number in queries", sub {
        !grep { $t->query({ all => [] }, limit => 0, %who)->{generation} < $number }
             1 .. $answers;
    });
}


# --- queries -----------------------------------------------------------------

sub query
{
    my ($t, $filter, %opt) = @_;

    my %who = map { $_ => delete $opt{$_} }
              grep { exists $opt{$_} } qw(tenant user);
    my $r = $t->post('/v1/query', { %opt, $filter ? (filter => $filter) : () },
                     %who);

    die "query: $r->{status} $r->{text}\n" unless $r->{status} == 200;
    return $r->{json};
}


sub count
{
    my ($t, $filter, %who) = @_;
    return $t->query($filter, limit => 0, %who)->{count};
}


# --- processes ---------------------------------------------------------------

sub restart_worker
{
    my ($t, %settings) = @_;

    my $status = $t->stop_worker;
    Test::More::is($status, 0, 'the worker ends well on SIGTERM')
        if defined $status;
    $t->write_worker_conf(%settings);
    $t->start_worker;
}


sub hold_jobs
{
    my ($t, $point) = @_;

    my $file = $t->write_file('hold', '');

    $t->stop_worker;
    $t->start_worker(env => { AUDIENCE_HOLD => "$point=$file" });
}


sub release_jobs { unlink "$_[0]{dir}/hold" or die "no job is held\n" }


sub expect_nginx  { my $t = shift; push @{ $t->{expected}{nginx} }, @_ }
sub expect_worker { my $t = shift; push @{ $t->{expected}{worker} }, @_ }


sub finish
{
    my ($t) = @_;

    for my $name (qw(worker nginx)) {
        next unless $t->pid($name);

        my $status = $name eq 'worker' ? $t->stop_worker : $t->stop_nginx;
        Test::More::is($status, 0, "$name ends well")
            or Test::More::diag($t->log_tail("$name.log"));
    }

    my @bad = $t->bad_lines;
    Test::More::is(scalar @bad, 0, 'nothing bad in the logs')
        or Test::More::diag(map { "$_\n" } splice @bad, 0, 20);

    if (!Test::More->builder->is_passing && $ENV{AUDIENCE_KEEP}) {
        Test::More::diag("kept: $t->{dir}");
    }
    Test::More::done_testing();
}

1;
