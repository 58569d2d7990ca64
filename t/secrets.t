# Secrets stand in files, and nowhere else: a run that uses all of them, with
# the worker at its most talkative, and then a search for each in all that the
# engine says: logs, metrics, records of jobs, answers, e-mails.

use lib 't/lib';
use Audience::Exim;
use Audience::Groups;
use Audience::LLM;
use Audience::Test;

use JSON::PP ();
use MIME::Base64 ();

my $json = JSON::PP->new->utf8;
my $password = 'canary-Senha-do-usuario';
my @said;                               # [what, text]

my $exim = Audience::Exim->start;
my $llm = Audience::LLM->start(sub {
    my ($request) = @_;
    my $about = JSON::PP->new->decode($request->{messages}[1]{content});

    return $json->encode({
        name => 'Turma do ' . $about->{facts}[0]{value},
        description => 'Gente que se parece.',
        messages => [ map { { text => "Oi, {{name}}! $_", fact => 0 } }
                      'Tudo bem?', 'Como vai?', 'Vamos conversar?' ],
    });
});
my $t = Audience::Test->prepare(worker => {
    $llm->settings, $exim->settings, 'worker.log_level' => 'debug',
});

my $crypted = qx{openssl passwd -apr1 '$password'};
my $htpasswd = $t->write_file('htpasswd', "demo\@example.com:$crypted");
$t->{options}{server} = "auth_basic x; auth_basic_user_file $htpasswd;";
$t->start_worker;
$t->start_nginx;

my @login = (headers => { Authorization => 'Basic '
             . MIME::Base64::encode_base64("demo\@example.com:$password", '') });


# Every call with the user's password; what it answers is kept for the search.
sub ask
{
    my ($method, $path, @rest) = @_;
    my $body = $method eq 'GET' || $method eq 'DELETE' ? undef : shift @rest;
    my $r = $t->call($method, $path, $body, @login, @rest);

    push @said, ["$method $path", join "\n", $r->{text} // '',
                 map { "$_: $r->{headers}{$_}" } sort keys %{ $r->{headers} }];
    return $r;
}


sub wait_done
{
    my ($what, $path) = @_;

    my $state;
    $t->wait_for($what, sub {
        $state = ask('GET', $path)->{json}{state} // '';
        $state =~ /^(?:succeeded|done|dead|failed)$/;
    });
    return $state;
}


my $csv = Audience::Groups->new(seed => 8)->csv(fans => 120, buyers => 120);
my $r = ask('POST', '/v1/imports?filename=crm.csv', $csv, type => 'text/csv');
is(wait_done('the import', "/v1/imports/$r->{json}{id}"), 'succeeded', 'an import');
my $job = $r->{json}{job};

$r = ask('POST', '/v1/segmentations', { suggest_copies => JSON::PP::true });
is(wait_done('the groups', "/v1/jobs/$r->{json}{job}"), 'done', 'groups');
ok(scalar $llm->requests, 'with words of a language model');

# It says the key that it was sent, as some do.
$llm->behave('refuses');
ask('DELETE', "/v1/audiences/$_->{id}")
    for @{ ask('GET', '/v1/audiences?type=automatic')->{json}{items} };
$r = ask('POST', '/v1/segmentations', { suggest_copies => JSON::PP::true });
is(wait_done('more groups', "/v1/jobs/$r->{json}{job}"), 'done', 'and without');

my $audience = ask('POST', '/v1/audiences',
                   { name => 'All', filter => { all => [] } })->{json};
my $location = ask('POST', "/v1/audiences/$audience->{id}/exports", '')->{json};
my $export = "/v1/exports/$location->{id}";
is(wait_done('the export', $export), 'done', 'an export');
my ($token) = $t->call('GET', $export, undef, @login)->{json}{url} =~ m{/e/(.+)};

is($t->get("/e/$token")->{status}, 200, 'is fetched');
is($t->get("/e/${token}x")->{status}, 403, 'not with a token that is forged');
push @said, ['a forged link', $t->get("/e/${token}x")->{text}];

my ($person) = @{ ask('POST', '/v1/query', { filter => { all => [] } })
                  ->{json}{profiles} };
my $erasing = ask('DELETE', "/v1/profiles/$person->{id}")->{json};
is(wait_done('erasing', "/v1/jobs/$erasing->{job}"), 'done', 'a person is erased');

my @mails;
$t->wait_for('the e-mail with the link', sub {
    @mails = $exim->messages;
    grep { index($_->{text}, $token) >= 0 } @mails;
});

# Keys read again, and a login that the server refuses.
kill 'HUP', $t->pid('worker');
$t->wait_for('the keys', sub { $t->worker_log =~ /"link keys read"/ });
$t->restart_worker($exim->settings(password => 'canary-wrong-password'));
$r = ask('POST', '/v1/imports?filename=again.csv', $csv, type => 'text/csv');
$t->wait_for('a refused login', sub { $t->worker_log =~ /"e-mail not sent"/ });

is($t->call('GET', '/v1/jobs', undef, headers => { Authorization => 'Basic '
   . MIME::Base64::encode_base64('demo@example.com:canary-no', '') })->{status},
   401, 'a wrong password');
ask('GET', $_) for '/metrics', '/v1/jobs?limit=100', "/v1/jobs/$job", '/v1/audit',
                   '/v1/users', '/v1/nothing', '/v1/imports', "/v1/jobs/$job/events?x";


# --- the search -----------------------------------------------------------------

chomp(my $smtp = $t->read_file("$exim->{dir}/password"));
chomp $crypted;

my %secrets = (
    'key of links'          => '5a' x 32,
    'key of links, raw'     => 'Z' x 32,
    'SMTP password'         => $smtp,
    'SMTP password, sent'   => MIME::Base64::encode_base64($smtp, ''),
    'wrong SMTP password'   => 'canary-wrong-password',
    'key of the model'      => $llm->key,
    'key of erasing'        => substr($t->read_file($t->root . '/erased/key'), 0, 64),
    'token of a link'       => $token,
    'password of a user'    => $password,
    'password, sent'        => MIME::Base64::encode_base64(
                                   "demo\@example.com:$password", ''),
    'wrong password'        => 'canary-no',
    'password, as kept'     => $crypted,
);
$secrets{'key of erasing, raw'} = pack 'H*', $secrets{'key of erasing'};
cmp_ok(length $secrets{$_}, '>', 5, "$_ is something to look for")
    for sort keys %secrets;

my @logs = glob $t->dir . '/logs/*';
push @said, map { [$_, $t->read_file($_)] } @logs;
my @letters = map { ["e-mail: $_->{subject}", "$_->{raw}\n$_->{text}\n$_->{html}"] } @mails;

cmp_ok(scalar @logs, '>=', 3, 'logs');
like($t->worker_log, qr/"level": "debug"/, '... at level debug');
like($t->log_text('access.log'), qr{/e/}, '... which have the link\'s call');

# An answer about an export has its link, as the e-mail has: whom they are for.
my %for_token = map { $_->[0] => 1 } grep { $_->[0] =~ m{^GET /v1/exports/} } @said;

for my $name (sort keys %secrets) {
    my $is_token = $name eq 'token of a link';
    my @places = map { $_->[0] }
                 grep { index($_->[1], $secrets{$name}) >= 0 }
                 grep { !($is_token && $for_token{ $_->[0] }) }
                 @said, $is_token ? () : @letters;

    is_deeply(\@places, [], "$name is nowhere");
}

like(join('', map { $_->[1] } @letters), qr/\Q$token\E/, 'what is there, is found');

# Nor does who looks at the processes see any.
for my $pid ($t->pid('worker'), $t->pid('nginx'), $t->nginx_workers) {
    my $shown = join '', map { $t->read_file("/proc/$pid/$_") } qw(cmdline environ);
    is_deeply([grep { index($shown, $secrets{$_}) >= 0 } sort keys %secrets], [],
              'none in the command line or the environment');
}

$exim->stop;
$t->finish;
