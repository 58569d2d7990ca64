# The module by itself: its configuration, its methods, whose a request is,
# what becomes of calls while the worker is away.

use lib 't/lib';
use Audience::Test;
use Audience::Peer;

my $csv = "phoneNumber,name\n11987654321,Ana\n";

my ($recipe) = Audience::Test->read_file('docs/problems.md')
               =~ /^```nginx\n(.*?)^```$/ms;

my $t = Audience::Test->start(worker => 0, server => <<"END");
    location = /v1/mine { audience_pass audience_worker; limit_except GET { deny all; } }
    $recipe
END


# --- configuration: what is wrong, where, and what to do about it -------------

sub nginx_t
{
    my ($http, $location) = @_;

    my $conf = $t->write_file('broken.conf', <<END);
load_module @{[ $t->build ]}/module/ngx_http_audience_module.so;
pid $t->{dir}/broken.pid;
error_log stderr;
thread_pool audience threads=2;
events {}
http {
    access_log off;
    $http
    server {
        listen 127.0.0.1:$t->{port};
        location / {
            $location
        }
    }
}
END
    local $ENV{LD_PRELOAD} = $t->sanitize
        ? qx{gcc -print-file-name=libasan.so} =~ s/\s+//gr : '';
    local $ENV{ASAN_OPTIONS} = 'detect_leaks=0';
    return scalar qx{/usr/sbin/nginx -t -p $t->{dir} -c $conf -e stderr 2>&1};
}

my $upstream = "upstream w { server unix:$t->{dir}/w.sock; }";
my $settings = "$upstream audience_root $t->{root}; audience_tenant demo; "
             . "audience_user me; audience_threads audience; "
             . 'audience_link_keys ' . $t->link_keys . ';';

for (
    [ 'no data root', "$upstream audience_tenant demo; audience_threads audience;",
      'audience_query;',
      qr/no "audience_root" for the location in \S+broken.conf:12: name the/ ],
    [ 'a data root with a variable', 'audience_root /data/$tenant;', '',
      qr/"audience_root" directive takes no variables/ ],
    [ 'a data root that is not there', 'audience_root /nowhere/data;', '',
      qr{\[warn\].*"/nowhere/data" cannot be seen.*\(2: No such} ],
    [ 'a data root that is a file', "audience_root $t->{dir}/nginx.conf;", '',
      qr/\[warn\].*is no folder/ ],
    [ 'no tenant', $upstream, 'audience_pass w;',
      qr/no "audience_tenant" for the location in \S+:12: name a variable/ ],
    [ 'no threads', "audience_root $t->{root}; audience_tenant demo;",
      'audience_query;', qr/no "audience_threads" .*thread_pool audience/ ],
    [ 'a pool that nobody declared', 'audience_threads other;', '',
      qr/unknown thread pool "other"/ ],
    [ 'no keys', "audience_root $t->{root};", 'audience_download;',
      qr/no "audience_link_keys"/ ],
    [ 'keys that are not there', 'audience_link_keys /nowhere/keys;', '',
      qr{/nowhere/keys.*one key a line.*openssl rand} ],
    [ 'uploads without a worker', $settings, 'audience_import;',
      qr/no "audience_pass" for the location in \S+:12/ ],
    [ 'an upstream that nobody declared', $settings, 'audience_pass other;',
      qr/no upstream "other" for audience_pass in \S+:12: add "upstream other/ ],
    [ 'a socket for an upstream', $settings, 'audience_pass unix:/w.sock;',
      qr/"audience_pass" directive takes the name of an upstream/ ],
    [ 'two handlers', $settings, 'audience_query; audience_download;',
      qr/"audience_download" directive needs a location of its own/ ],
    [ 'the same handler twice', $settings, 'audience_query; audience_query;',
      qr/"audience_query" directive is duplicate/ ],
    [ 'a size that is none', $settings, 'audience_import max_size=big;',
      qr/max_size needs a size above 0/ ],
    [ 'no rows', $settings, 'audience_import max_rows=0;',
      qr/max_rows needs a number above 0/ ],
    [ 'a limit that there is not', $settings, 'audience_import columns=5;',
      qr/"audience_import" directive takes max_size=SIZE/ ],
    [ 'a timeout that is none', $settings, 'audience_pass w timeout=soon;',
      qr/timeout needs a time above 0/ ],
    [ 'a body limit below the upload limit', $settings,
      'audience_import; audience_pass w;',
      qr/\[warn\].*client_max_body_size 1048576 is below .*raise it/ ],
) {
    my ($what, $http, $location, $expected) = @$_;
    like(nginx_t($http, $location), $expected, "nginx -t on $what");
}

my $good = nginx_t($settings, 'audience_import; audience_pass w; '
                              . 'client_max_body_size 11m;');
like($good, qr/test is successful/, 'nginx -t on a location that takes uploads');
unlike($good, qr/warn/, '… warns of nothing');

like(nginx_t('audience_tenant demo;', "audience_pass late; } }"
             . " upstream late { server unix:$t->{dir}/w.sock; keepalive 4; }"
             . " server { listen unix:$t->{dir}/late.sock; location / {"),
     qr/test is successful/, 'an upstream may be declared behind its use');


# --- while the worker is away -------------------------------------------------

for my $call (
    [ 'a list', sub { $t->get('/v1/imports') } ],
    [ 'a new audience', sub { $t->post('/v1/audiences', { name => 'x' }) } ],
    [ 'a change', sub { $t->patch('/v1/audiences/aud_1', {}) } ],
    [ 'an erasure', sub { $t->delete('/v1/audiences/aud_1') } ],
    [ 'an upload', sub { $t->upload('a.csv', $csv) } ],
    [ 'readiness', sub { $t->get('/readyz') } ],
) {
    my ($what, $do) = @$call;
    my $r = $do->();

    is($r->{status}, 503, "$what without a worker is a 503");
    is($r->{headers}{'retry-after'}, 2, '… that says when to try again');
    is($r->{json}{type}, '/problems/worker-absent', '… and why');
}

is(count_files("$t->{root}/spool"), 0, 'nothing of the upload stays behind');
is($t->count({ all => [] }), 0, 'queries are answered all the same');
is($t->get('/v1/fields')->{status}, 200, 'so are fields');
is($t->get('/e/abc')->{status}, 403, 'and links');


# --- a data root that is not the worker's ---------------------------------------

rename "$t->{root}/segments", "$t->{root}/elsewhere" or die $!;
for my $tenant (qw(demo never-seen)) {
    my $r = $t->post('/v1/query', {}, tenant => $tenant);

    is($r->{status}, 503, "$tenant without the folder of segments is a 503");
    is($r->{json}{type}, '/problems/data-unavailable', '… and no empty base');
}
like($t->error_log, qr{no audience data in "\Q$t->{root}\E/segments"},
     'the log says where it looked');
rename "$t->{root}/elsewhere", "$t->{root}/segments" or die $!;
is($t->count({ all => [] }), 0, 'once it is there, the base is simply empty');


# --- whose a request is -------------------------------------------------------

for my $tenant ('', 'UPPER', '../demo', 'a' x 65) {
    my $r = $t->post('/v1/query', {}, tenant => $tenant);

    is($r->{status}, 403, "\"$tenant\" is no tenant");
    is($r->{json}{type}, '/problems/no-tenant', '… and is told so');
}

is($t->get('/v1/imports', tenant => '')->{json}{type}, '/problems/no-tenant',
   'calls need a tenant too');
is($t->upload('a.csv', $csv, tenant => '')->{json}{type},
   '/problems/no-tenant', 'uploads need a tenant too');
is($t->call('OPTIONS', '/v1/imports', undef, tenant => '')->{json}{type},
   '/problems/no-tenant', 'so does asking how much one may have');
is($t->upload('a.csv', $csv, user => '')->{json}{type}, '/problems/no-user',
   'uploads need a user');
is($t->post('/v1/audiences', {}, user => '')->{json}{type}, '/problems/no-user',
   'so do changes');
is($t->get('/v1/imports', user => '')->{json}{type}, '/problems/worker-absent',
   'lists do not');


# --- how much an upload may have ----------------------------------------------

for (
    [ '/v1/imports', { max_bytes => 10 * 2 ** 20, max_rows => 50_000 } ],
    [ '/v1/conversations', { max_bytes => 10 * 2 ** 20 } ],
) {
    my ($path, $limits) = @$_;
    my $r = $t->call('OPTIONS', $path);

    is($r->{status}, 200, "OPTIONS $path is answered without the worker");
    is_deeply($r->{json}, $limits, '… with its limits');
    is($r->{headers}{allow}, 'GET, HEAD, POST, OPTIONS', '… and methods');
}


# --- methods and addresses ----------------------------------------------------

for (
    [ 'GET', '/v1/query', 'POST' ],
    [ 'PUT', '/v1/query', 'POST' ],
    [ 'POST', '/v1/fields', 'GET, HEAD' ],
    [ 'DELETE', '/v1/fields/a/values', 'GET, HEAD' ],
    [ 'POST', '/e/abc', 'GET, HEAD' ],
    [ 'OPTIONS', '/v1/jobs', 'GET, HEAD, POST, PUT, PATCH, DELETE' ],
) {
    my ($method, $path, $allow) = @$_;
    my $r = $t->call($method, $path);

    is($r->{status}, 405, "$method $path is a 405");
    is($r->{headers}{allow}, $allow, "… that allows $allow");
    is($r->{json}{type}, '/problems/method-not-allowed', '… as a problem');
}

for (
    [ 'TRACE', "TRACE /v1/query HTTP/1.1\r\nHost: a", 405, 'method-not-allowed' ],
    [ 'a long address', 'GET /v1/' . 'x' x 40_000 . " HTTP/1.1\r\nHost: a", 414,
      'bad-request' ],
    [ 'a long header', "GET /v1/fields HTTP/1.1\r\nHost: a\r\nX-A: " . 'x' x 40_000,
      400, 'bad-request' ],
    [ 'no Host', 'GET /v1/fields HTTP/1.1', 400, 'bad-request' ],
    [ 'nonsense', 'nonsense', 400, 'bad-request' ],
) {
    my ($what, $head, $status, $slug) = @$_;
    my $r = $t->raw("$head\r\nConnection: close\r\n\r\n");

    is("$r->{status} $r->{type}", "$status application/problem+json",
       "$what is a problem by the lines of docs/problems.md");
    is($r->{json}{type}, "/problems/$slug", '… and which');
}

is($t->get('/v1/fields/a')->{status}, 404, 'a field has no page of its own');
is($t->get('/v1/fields/%2Fa%2Fb/values')->{json}{detail},
   'There is no such field.', 'names may hold encoded slashes');
is($t->get("/v1/fields/a/values?limit=$_")->{json}{type},
   '/problems/invalid-argument', "limit=$_ is told, as of any list")
    for 0, -1, 1001, 'x';

my $r = $t->post('/v1/mine', {});
is($r->{status}, 403, "an operator's own rule holds");
is($r->{json}{type}, '/problems/forbidden', '… and is said as a problem');

$r = $t->post('/v1/query', 'x' x 200_000);
is($r->{status}, 413, 'a query of 200 kB is a 413');
is($r->{json}{type}, '/problems/body-too-large', '… as a problem');

$r = $t->post('/v1/audiences', sub { state_pieces(40) });
is($r->{status}, 413, 'a chunked body above 1 MiB is a 413');

{
    my $left;
    sub state_pieces { $left //= $_[0]; $left-- > 0 ? 'x' x 65536 : undef }
}


# --- calls that arrive --------------------------------------------------------

my $peer = Audience::Peer->start($t, sub {
    my ($request) = @_;

    return head(204, 0) . end() if $request->{path} eq '/v1/empty';
    my $json = JSON::PP->new->encode($request);
    return head(200, $request->{method} eq 'HEAD' ? 0 : length $json,
                'Content-Type' => 'application/json', 'X-Echo' => 'yes')
           . ($request->{method} eq 'HEAD' ? '' : data($json)) . end();
});

$r = $t->post('/v1/audiences/%61%2Fb?x=%20y&z', '{"a":1}', headers => {
    'Idempotency-Key' => 'k-1', 'Accept-Language' => 'pt-BR',
    'Last-Event-ID' => '7',
});
is($r->{status}, 200, 'a call arrives');
is($r->{headers}{'x-echo'}, 'yes', '… headers come back');

for (
    [ method => 'POST' ], [ tenant => 'demo' ], [ user => 'demo@example.com' ],
    [ path => '/v1/audiences/a/b' ], [ args => 'x=%20y&z' ],
    [ body => '{"a":1}' ], [ idempotency_key => 'k-1' ],
    [ accept_language => 'pt-BR' ], [ last_event_id => '7' ],
    [ content_type => 'application/json' ],
    [ base_url => $t->url ],
) {
    is($r->{json}{$_->[0]}, $_->[1], "… with its $_->[0]");
}
like($r->{json}{request_id}, qr/^[0-9a-f]{32}$/, '… with a request id');

$r = $t->raw(qq{GET /v1/x HTTP/1.1\r\nHost: a"b\r\nX-Tenant: demo\r\n}
             . "Connection: close\r\n\r\n");
is($r->{status} == 400 || $r->{json}{base_url}, $r->{status} == 400 || '',
   'an odd Host is kept out of links, or refused by newer nginx');

$r = $t->post('/v1/audiences', '{"a":"' . 'x' x 900_000 . '"}');
is(length $r->{json}{body}, 900_008, 'a body larger than a buffer arrives');

# At once, unless the end of an answer came behind all of its body: then nginx
# was busy with that connection yet when the next call came.
ok($t->wait_for('one connection to serve four calls', sub {
       my $before = $t->get('/v1/x')->{json}{connection};
       $t->head('/v1/x');
       $t->delete('/v1/empty');
       $t->get('/v1/x')->{json}{connection} == $before + 3;
   }), 'one connection serves many calls, those without a body too');

for my $path ('/v1/x', '/v1/imports') {
    is($t->head($path)->{text} // '', '', "HEAD $path has no body");
}

$r = $t->upload('crm.csv', $csv, args => 'encoding=latin-1',
                headers => { 'Idempotency-Key' => 'k-2' });
is($r->{json}{method}, 'IMPORT', 'an upload is handed over');
is($r->{json}{idempotency_key}, 'k-2', '… with its key');

my $record = JSON::PP->new->decode($r->{json}{body});
is($t->read_file("$t->{root}/spool/demo/$record->{id}.csv"), $csv,
   '… and stands in the spool');
is_deeply([ @$record{qw(filename separator rows bytes encoding)} ],
          [ 'crm.csv', ',', 1, length $csv, 'windows-1252' ],
          '… as the record says');
is_deeply($record->{columns}, [ qw(phoneNumber name) ], '… with its columns');

$peer->stop;
$t->finish;


sub count_files
{
    my ($folder) = @_;
    my $n = () = qx{find $folder -type f} =~ /\n/g;
    return $n;
}
