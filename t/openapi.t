# docs/openapi.yaml is sound, and what nginx and the worker really answer is
# what it says, to the last member; filters that they refuse it refuses too.

use utf8;

use lib 't/lib';
use Audience::Groups;
use Audience::Node 'run_node';
use Audience::Test;

use JSON::PP ();

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

my ($why, $status) = run_node('t/openapi', 'lint.mjs', 'docs/openapi.yaml');
is($status, 0, 'the document is OpenAPI 3.1') or diag($why);

is_deeply([ routes_of_the_document() ], [ routes_of_the_code() ],
          'it has every call that the code has, and no other');

my $t = Audience::Test->start;
my @exchanges;


# What the worker's tables name, and what nginx answers by itself.
sub routes_of_the_code
{
    my %routes = map { $_ => 1 } 'GET /v1/fields',
        'GET /v1/fields/{name}/values', 'POST /v1/query',
        'POST /v1/distribution', 'GET /e/{token}',
        map { "OPTIONS $_" } '/v1/imports', '/v1/extras',
                             '/v1/campaigns/events', '/v1/conversations';

    for my $file (glob 'worker/api_*.c') {
        my $source = Audience::Test->read_file($file);

        while ($source =~ /AUD_METHOD_(\w+),\s*"([^"]+)"/g) {
            my ($method, $path) = ($1, $2);

            next if $method eq 'BACKUP';        # no call that nginx passes on
            $method = 'POST' if $method eq 'IMPORT';
            $routes{"$method $path"} = 1;
        }
    }
    return sort keys %routes;
}


sub routes_of_the_document
{
    my ($path, @routes);

    for my $line (split /\n/, Audience::Test->read_file('docs/openapi.yaml')) {
        $path = $1 if $line =~ m{^  (/\S+):$};
        push @routes, uc($1) . " $path"
            if $line =~ /^    (get|post|put|patch|delete|options):$/;
    }
    return sort @routes;
}


# Makes a call and keeps it, under the path that the document has for it.
sub say_it
{
    my ($method, $path, $template, $request, %opt) = @_;

    my $r = $t->call($method, $path, $request, %opt);

    keep($r, $method, $template, $request, %opt);
    return $r->{json};
}


sub keep
{
    my ($r, $method, $template, $request, %opt) = @_;

    push @exchanges, {
        name => "$method $template, $r->{status}", method => $method,
        path => $template, status => 0 + $r->{status}, type => $r->{type},
        request => $request, answer => $r->{json},
        $opt{refused} ? (refused => JSON::PP::true) : (),
    };
    return $r->{json};
}


my $csv = join "\n",
    'phoneNumber,name,time do coração,gosta de futebol?,idade,última compra',
    '+5511900000001,Ana,Grêmio,sim,31,31/12/2025',
    '+5511900000002,Bia,,não,28,01/11/2025',
    '5,51199E+12,Caio,Bahia,sim,19,', '';
utf8::encode($csv);

my $r = $t->upload('crm.csv', $csv);
keep($r, 'POST', '/v1/imports');

my $import = $t->wait_import($r->{json}{id});
$t->wait_for('two people', sub { $t->count == 2 });

keep($t->upload('crm.csv', "telefone,name\n11900000001,Ana\n"),
     'POST', '/v1/imports');

my @lines = (type => 'application/x-ndjson');
my $extras = '{"phone": "11900000001", "extras": {"loja": "Centro"}}' . "\n{}\n";
my $batch = keep($t->post('/v1/extras', $extras, @lines), 'POST', '/v1/extras');
keep($t->post('/v1/extras', '{}', @lines), 'POST', '/v1/extras');
keep($t->post('/v1/campaigns/events', '{"campaign": "Natal", "status": "sent", '
              . '"phone": "11900000001", "at": "2026-11-01T12:00:00Z"}', @lines),
     'POST', '/v1/campaigns/events');
$t->wait_import($batch->{id});

my $talk = keep($t->post('/v1/conversations', '{"id": "c-1", "phone": '
    . '"11900000001", "channel": "WhatsApp", "messages": [{"id": "m-1", "at": '
    . '"2026-11-01T12:00:00Z", "from": "customer", "text": "Muito caro!"}, '
    . '{"at": "2026-11-01T12:01:00Z", "from": "agent", "text": "Pena."}]}' . "\n{}\n",
    @lines), 'POST', '/v1/conversations');
keep($t->post('/v1/conversations', '{}', @lines), 'POST', '/v1/conversations');
$t->wait_import($talk->{id});
my $labels = { sentiment => 'negative', priceSensitivity => undef };
my $put = say_it('PUT', '/v1/conversations/c-1/labels',
                 '/v1/conversations/{id}/labels', $labels);
keep($t->put('/v1/conversations/c-1/labels', '{"sentiment": "sad"}'), 'PUT',
     '/v1/conversations/{id}/labels');
say_it('PUT', '/v1/conversations/none/labels', '/v1/conversations/{id}/labels',
       $labels);
$t->wait_import($put->{id});
$t->wait_visible;
say_it('GET', '/v1/conversations/c-1', '/v1/conversations/{id}');
say_it('GET', '/v1/conversations/none', '/v1/conversations/{id}');
my ($speaker) = @{ $t->get('/v1/profiles?phone=11900000001')->{json}{items} };
say_it('GET', "/v1/conversations?profile=$speaker->{id}", '/v1/conversations');
say_it('GET', '/v1/conversations', '/v1/conversations');

# Labels to learn from, first too few of them.
my $gold = join '', map {
    sprintf qq({"id": "g-$_", "phone": "119%08d", "messages": [{"at": "2026-11-01)
            . qq(T12:00:00Z", "from": "customer", "text": "palavra%d %s"}], )
            . qq("labels": {"purchaseIntention": "%s", "sentiment": "neutral"}}\n),
            90_000_000 + $_, $_, $_ % 2 ? ('assim', 'intent') : ('assado', 'other')
} 1 .. 200;

say_it('POST', '/v1/models', '/v1/models', undef, tenant => 'gold');
is($exchanges[-1]{status}, 409, 'too little is to be learned from');
say_it('GET', '/v1/models', '/v1/models', undef, tenant => 'gold');
$batch = $t->post('/v1/conversations', $gold, @lines, tenant => 'gold');
$t->wait_import($batch->{json}{id}, tenant => 'gold');
my $learning = say_it('POST', '/v1/models', '/v1/models', undef, tenant => 'gold');
$t->wait_job($learning->{id}, tenant => 'gold');
my $models = say_it('GET', '/v1/models', '/v1/models', undef, tenant => 'gold');
ok($models->{items}[0]{training}{better} && $models->{items}[2]{training}{refused},
   'one label is learned, another cannot be');

my $again = '/v1/conversations/classify';
say_it('POST', $again, $again, { estimate => JSON::PP::true,
                                 filter => { all => [] } });
say_it('POST', $again, $again, { everything => 1 }, refused => 1);
my $classified = say_it('POST', $again, $again, { filter => undef });
$t->wait_job($classified->{id});
ok(say_it('GET', "/v1/jobs/$classified->{id}", '/v1/jobs/{id}')->{result},
   'what came of it stands with the job');

say_it('OPTIONS', $_, $_)
    for '/v1/imports', '/v1/extras', '/v1/campaigns/events', '/v1/conversations';
say_it('GET', '/v1/imports', '/v1/imports');
say_it('GET', "/v1/imports/$import->{id}", '/v1/imports/{id}');
say_it('GET', '/v1/imports/imp_none', '/v1/imports/{id}');
say_it('GET', "/v1/imports/$import->{id}/errors.csv",
       '/v1/imports/{id}/errors.csv');
say_it('GET', "/v1/imports/$import->{id}/profiles.csv",
       '/v1/imports/{id}/profiles.csv');
say_it('GET', '/v1/imports/template.csv', '/v1/imports/template.csv');
say_it('GET', '/v1/fields', '/v1/fields');
say_it('GET', '/v1/fields/name/values?q=a', '/v1/fields/{name}/values');
say_it('GET', '/v1/fields/none/values', '/v1/fields/{name}/values');

my @filters = (
    { all => [] },
    { any => [ { field => 'name', op => 'equals', value => 'ana' },
               { field => 'idade', op => 'between', value => [ 18, 30 ] } ] },
    { not => { field => 'time do coração', op => 'exists' } },
    { field => 'idade', op => 'greater_than', value => 30 },
    { field => 'idade', op => 'in', value => [ 28, '31' ] },
    { field => 'última compra', op => 'before', value => '2025-12-01' },
    { field => 'última compra', op => 'within_last', value => 400 },
    { field => 'gosta de futebol?', op => 'equals', value => JSON::PP::true },
);

my @bad_filters = (
    { all => [], any => [] }, { none => [] }, [], 'all', { all => {} },
    { field => 'name', op => 'like', value => 'a' },
    { field => 'name', op => 'exists', value => 'a' },
    { field => 'name', op => 'equals' },
    { field => 'name', op => 'equals', value => [ 'a' ] },
    { field => 'idade', op => 'between', value => [ 1 ] },
    { field => 'idade', op => 'in', value => 1 },
    { field => 'idade', op => 'greater_than', value => JSON::PP::true },
    { field => 'última compra', op => 'within_last', value => -1 },
    { audience => 'prf_1' },
);

for my $filter (@filters) {
    my $answer = say_it('POST', '/v1/query', '/v1/query', { filter => $filter });
    ok($answer && defined $answer->{count},
       'the server takes ' . JSON::PP->new->canonical->encode($filter));
}

for my $filter (@bad_filters) {
    say_it('POST', '/v1/query', '/v1/query', { filter => $filter },
           refused => 1);
    is($exchanges[-1]{status}, 422,
       'the server refuses ' . JSON::PP->new->canonical->allow_nonref->encode($filter));
}

say_it('POST', '/v1/query', '/v1/query', { limit => 1, fields => [ 'name' ] });
say_it('POST', '/v1/distribution', '/v1/distribution',
       { field => $_, filter => { field => 'name', op => 'exists' } })
    for 'name', 'idade', 'gosta de futebol?', 'última compra';
say_it('POST', '/v1/distribution', '/v1/distribution', { field => 'no such' });
say_it('POST', '/v1/query', '/v1/query', { limit => 0, counts => JSON::PP::true,
       filter => { not => { field => 'name', op => 'exists' } } });

my $audience = say_it('POST', '/v1/audiences', '/v1/audiences',
                      { name => 'Todos', filter => { all => [] } });
my $path = "/v1/audiences/$audience->{id}";

say_it('POST', '/v1/audiences', '/v1/audiences', {}, refused => 1);
say_it('GET', '/v1/audiences', '/v1/audiences');
say_it('GET', '/v1/audiences?sort=-size&limit=1', '/v1/audiences');
say_it('POST', '/v1/audiences', '/v1/audiences',
       { name => 'The same', filter => $audience->{filter} });
say_it('GET', "/v1/audiences/$audience->{id}/overlaps",
       '/v1/audiences/{id}/overlaps');
say_it('GET', $path, '/v1/audiences/{id}');
say_it('PATCH', $path, '/v1/audiences/{id}', { description => 'Sem exceção' });

say_it('POST', '/v1/segmentations', '/v1/segmentations', {});
say_it('POST', '/v1/segmentations', '/v1/segmentations', { groups => 3 },
       refused => 1);
$t->import_file('groups.csv', Audience::Groups->new->csv(fans => 60,
                                                         buyers => 60),
                tenant => 'groups');

my $run = say_it('POST', '/v1/segmentations', '/v1/segmentations',
                 { suggest_copies => JSON::PP::true }, tenant => 'groups');

$t->wait_job($run->{job}, tenant => 'groups');
$run = say_it('GET', "/v1/segmentations/$run->{id}", '/v1/segmentations/{id}',
              undef, tenant => 'groups');
say_it('GET', '/v1/segmentations', '/v1/segmentations', undef,
       tenant => 'groups');
say_it('GET', '/v1/segmentations/sgm_none', '/v1/segmentations/{id}');
say_it('GET', '/v1/audiences', '/v1/audiences', undef, tenant => 'groups');

for my $group (map { "/v1/audiences/$_->{id}" } @{ $run->{audiences} }) {
    say_it('GET', $group, '/v1/audiences/{id}', undef, tenant => 'groups');
    say_it('PATCH', $group, '/v1/audiences/{id}',
           { characteristics => ['x'] }, tenant => 'groups');
    say_it('PATCH', $group, '/v1/audiences/{id}', { filter => { all => [] } },
           tenant => 'groups');
}

my $export = say_it('POST', "$path/exports", '/v1/audiences/{id}/exports');

say_it('GET', "/v1/exports/$export->{id}", '/v1/exports/{id}');
say_it('GET', "$path/exports", '/v1/audiences/{id}/exports');
$export = $t->wait_export($export->{id});
say_it('GET', "/v1/exports/$export->{id}", '/v1/exports/{id}');
say_it('GET', $export->{url}, '/e/{token}');
say_it('GET', '/e/forged', '/e/{token}');

my ($person) = @{ say_it('GET', '/v1/profiles?phone=11900000001',
                         '/v1/profiles')->{items} };
say_it('GET', '/v1/profiles?phone=1', '/v1/profiles');
say_it('GET', '/v1/profiles', '/v1/profiles');
say_it('GET', "/v1/profiles/$person->{id}", '/v1/profiles/{id}');
say_it('GET', '/v1/profiles/prf_none', '/v1/profiles/{id}');
say_it('GET', "/v1/profiles/$person->{id}/audiences", '/v1/profiles/{id}/audiences');

# Two rows that join, a third that is kept apart, and a value on the list.
$t->import_file('kin.csv', "phoneNumber,name,email,taxDocument\n"
                . "11900000009,Eva Dias,nao\@tem.com,390.533.447-05\n"
                . "11900000009,Eva Dias,,\n"
                . "11900000009,Eva Dias,,168.995.350-09\n");
for my $kin (@{ $t->get('/v1/profiles?phone=11900000009')->{json}{items} }) {
    say_it('GET', "/v1/profiles/$kin->{id}", '/v1/profiles/{id}');
}

say_it('GET', '/v1/resolution/report', '/v1/resolution/report');

my ($eva, $other) = map { $_->{id} }
    @{ $t->get('/v1/profiles?phone=11900000009')->{json}{items} };
my $records = $t->get("/v1/profiles/$eva")->{json}{records};
my %record = map { $_ => $records->[0]{$_} } qw(import line);
my $rules = '/v1/resolution/rules';

say_it('POST', "/v1/profiles/$eva/split", '/v1/profiles/{id}/split',
       { records => [\%record] });
say_it('POST', "/v1/profiles/$eva/split", '/v1/profiles/{id}/split',
       { records => [{ %record, line => 99 }] });
my $rule = say_it('POST', $rules, $rules,
                  { type => 'apart', profiles => [$eva, $other] });
is($exchanges[-1]{status}, 202, 'a rule is taken on');
$t->wait_job($rule->{job});
say_it('POST', $rules, $rules,
       { type => 'together', profiles => [$eva, $other] });
is($exchanges[-1]{status}, 409, '… and another refused');
say_it('POST', $rules, $rules, { type => 'near' }, refused => 1);
$rule = say_it('POST', $rules, $rules,
               { type => 'blocked', kind => 'phone', value => '11900000009' });
$t->wait_job($rule->{job});
say_it('GET', "/v1/profiles/$eva", '/v1/profiles/{id}');
say_it('GET', '/v1/resolution/report', '/v1/resolution/report');
say_it('GET', $rules, $rules);
say_it('GET', "$rules/$rule->{id}", "$rules/{id}");
say_it('DELETE', "$rules/$rule->{id}", "$rules/{id}");

my $erasure = say_it('DELETE', "/v1/profiles/$other", '/v1/profiles/{id}');
is($exchanges[-1]{status}, 202, 'a person is to be erased');
$t->wait_job($erasure->{job});
say_it('DELETE', "/v1/profiles/$other", '/v1/profiles/{id}');
say_it('GET', '/v1/audit', '/v1/audit');
say_it('GET', "/v1/audit/$erasure->{id}", '/v1/audit/{id}');
say_it('GET', '/v1/audit/adt_none', '/v1/audit/{id}');

say_it('GET', '/v1/jobs', '/v1/jobs');
say_it('GET', "/v1/jobs/$import->{job}", '/v1/jobs/{id}');
say_it('GET', "/v1/jobs/$import->{job}/events", '/v1/jobs/{id}/events');
say_it('POST', "/v1/jobs/$import->{job}/retry", '/v1/jobs/{id}/retry');
say_it('POST', "/v1/jobs/$import->{job}/cancel", '/v1/jobs/{id}/cancel');

# A job that waits and one that is dead: e-mails to a server that is not there.
for (['worker.job_max_attempts' => 2, 'cancel'],
     ['worker.job_max_attempts' => 1, 'retry'])
{
    my ($key, $attempts, $what) = @$_;

    $t->restart_worker('mail.smtp_host' => '127.0.0.1',
                       'mail.smtp_tls' => 'none',
                       'mail.smtp_port' => $t->free_port, $key => $attempts,
                       'worker.retry_base_ms' => 600_000);
    my $asked = $t->import_file("$what.csv", "phoneNumber\n+5511900000001\n");
    my $mail = $t->wait_for('an e-mail that did not go out', sub {
        my ($job) = grep { $_->{type} eq 'mail' }
                    @{ $t->get('/v1/jobs')->{json}{items} };
        $job && $job->{state} =~ /^(?:scheduled|dead)$/
            && $job->{created_at} gt $asked->{created_at} && $job;
    });

    say_it('POST', "/v1/jobs/$mail->{id}/$what", "/v1/jobs/{id}/$what");
    is($exchanges[-1]{status}, 202, "$what is taken on");
}

say_it('PUT', '/v1/users/bia@example.com', '/v1/users/{id}',
       { name => 'Bia', email => 'bia@example.com', language => 'en' });
say_it('GET', '/v1/users', '/v1/users');
say_it('GET', '/v1/me', '/v1/me');
say_it('GET', '/healthz', '/healthz');
say_it('GET', '/readyz', '/readyz');
say_it('GET', '/metrics', '/metrics');
say_it('DELETE', $path, '/v1/audiences/{id}');
say_it('GET', $path, '/v1/audiences/{id}');
say_it('DELETE', "/v1/imports/$import->{id}", '/v1/imports/{id}');
$t->wait_state("/v1/imports/$import->{id}", qr/^undone$/);
say_it('GET', "/v1/imports/$import->{id}", '/v1/imports/{id}');
say_it('GET', "/v1/imports/$import->{id}/errors.csv",
       '/v1/imports/{id}/errors.csv');
say_it('DELETE', "/v1/imports/$import->{id}", '/v1/imports/{id}');

my $kept = $t->write_file('exchanges.json',
                          JSON::PP->new->ascii->encode(\@exchanges));
my $differences
    = qx{/usr/bin/python3 t/openapi/check.py docs/openapi.yaml < $kept 2>&1};
is($?, 0, scalar(@exchanges) . ' answers are as the document says')
    or diag($differences);

$t->finish;
