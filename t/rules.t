# What people say about who is one person: records that a split takes out of a
# profile, rules that join and keep apart, and what becomes true when they go.

use lib 't/lib';
use Audience::Test;

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });


sub names
{
    my $found = $t->query({ all => [] }, limit => 1000);
    return join ' ', sort map { $_->{fields}{name} // '-' }
                          @{ $found->{profiles} };
}


sub profile
{
    my ($value) = @_;
    return $t->get("/v1/profiles?$value")->{json}{items}[0];
}


# A call that makes a job; gives its answer once that is done.
sub done
{
    my ($r) = @_;

    is($r->{status}, 202, '… is taken on') or diag($r->{text});
    my $job = $t->wait_job($r->{json}{job});
    is($job->{state}, 'done', '… and done') or diag($job->{error});
    $t->wait_visible;
    return $r->{json};
}


sub refused
{
    my ($r, $status, $type, $pointer, $name) = @_;

    is("$r->{status} " . ($r->{json}{type} // ''), "$status /problems/$type",
       $name) or diag($r->{text});
    is($r->{json}{errors}[0]{pointer}, $pointer, '… and says where')
        if defined $pointer;
}


my $import = $t->import_file('crm.csv',
    "phoneNumber,email,name\n"
    . "11987654321,ana\@x.com,Ana\n"            # line 2
    . "11987654321,,Ana Silva\n"
    . ",ana\@x.com,Ana S\n"
    . "11987654322,,Bia\n"                      # 5
    . "11987654323,,Caio\n");
my $imp = $import->{id};
my $r;

sub record { +{ import => $imp, line => 0 + $_[0] } }

is(names(), 'Ana S Bia Caio', 'three people');
my $ana = profile('phone=11987654321')->{id};


# --- splits -------------------------------------------------------------------

my $split = "/v1/profiles/$ana/split";

refused($t->post($split, { records => [] }), 422, 'invalid-rule', '/records',
        'a split of nothing');
refused($t->post($split, {}), 422, 'invalid-rule', '/records', 'of no list');
refused($t->post($split, { records => [record(3)], all => 1 }), 422,
        'invalid-rule', '/records', 'with more than that');
refused($t->post($split, { records => [record(3), record(5)] }), 422,
        'invalid-rule', '/records/1', "a split of somebody else's record");
refused($t->post($split, { records => [record(99)] }), 422, 'invalid-rule',
        '/records/0', 'of one that is not there');
refused($t->post($split, { records => [{ import => $imp, line => 'x' }, 7] }),
        422, 'invalid-rule', '/records/0', 'of what is no record');
refused($t->post($split, { records => [map { record($_) } 2 .. 4] }), 422,
        'invalid-rule', '/records', 'a split that would leave none');
is($t->post('/v1/profiles/prf_none/split', { records => [record(3)] })->{status},
   404, 'of a profile that there is not');
is($t->post($split, { records => [record(3)] }, tenant => 'other')->{status},
   404, "of another tenant's");

my $rule = done($t->post($split, { records => [record(3)] },
                         user => 'ana@example.com'));
is(names(), 'Ana S Ana Silva Bia Caio', 'a record stands alone');
is($rule->{type}, 'split', 'it is a rule');
is($rule->{by}, 'ana@example.com', '… of somebody');
is_deeply($rule->{other}, [record(2), record(4)], '… against the others');
is($t->get("/v1/profiles/$ana")->{json}{counts}{records}, 2,
   'the profile that is left keeps its id');

my $list = $t->get('/v1/resolution/rules')->{json};
is_deeply([map { $_->{id} } @{ $list->{items} }], [$rule->{id}],
          'the rule is listed');
is($t->get("/v1/resolution/rules/$rule->{id}")->{json}{type}, 'split',
   '… and shown');

$t->import_file('more.csv', "phoneNumber,name\n11987654321,\n");
is(names(), 'Ana S Ana Silva Bia Caio', 'another import does not join them');
done($t->delete("/v1/resolution/rules/$rule->{id}"));
is($t->get("/v1/profiles/$ana")->{json}{counts}{records}, 4,
   'without the rule they are one again');
is($t->get("/v1/resolution/rules/$rule->{id}")->{status}, 404,
   'the rule is gone');
is($t->delete("/v1/resolution/rules/$rule->{id}")->{status}, 404,
   '… and cannot go twice');


# --- together, apart ----------------------------------------------------------

my $bia = profile('phone=11987654322')->{id};
my $caio = profile('phone=11987654323')->{id};

my $together = done($t->post('/v1/resolution/rules',
    { type => 'together', one => [record(5), record(6)] }));
is(profile('phone=11987654323')->{id}, $bia, 'two people are one, by a rule');
is($t->get("/v1/profiles/$caio")->{json}{id}, $bia,
   '… and the younger id answers still');

$r = $t->post('/v1/resolution/rules',
              { type => 'apart', one => [record(6)], other => [record(5)] });
refused($r, 409, 'rules-contradict', undef, 'not together and apart');
like($r->{json}{detail}, qr/\Q$together->{id}\E/, '… naming the one');
like($r->{json}{detail}, qr/Rule rul_\w+ keeps apart/, '… and the other');

done($t->delete("/v1/resolution/rules/$together->{id}"));
isnt(profile('phone=11987654323')->{id}, $bia, 'two again');

done($t->post('/v1/resolution/rules',
              { type => 'together', profiles => [$bia, $caio] }));
is(profile('phone=11987654323')->{id}, $bia, 'the same by their ids');

my $apart = $t->post('/v1/resolution/rules',
                     { type => 'apart', profiles => [$ana, $bia] },
                     headers => { 'Idempotency-Key' => 'apart-1' });
my $again = $t->post('/v1/resolution/rules',
                     { type => 'apart', profiles => [$ana, $bia] },
                     headers => { 'Idempotency-Key' => 'apart-1' });
is($again->{json}{id}, $apart->{json}{id}, 'a rule that is sent twice is one');
done($apart);
refused($t->post('/v1/resolution/rules',
                 { type => 'together', profiles => [$ana, $caio] }),
        409, 'rules-contradict', undef, 'who is apart is not together');

for my $bad (
    [{ type => 'near', one => [] }, '/type', 'a type that there is not'],
    [{ type => 'together', one => [record(5)] }, '/one', 'one alone'],
    [{ type => 'together', one => [record(5), record(5)] }, '/one/1',
     'one twice'],
    [{ type => 'apart', one => [record(5)], other => [record(5)] }, '/other/0',
     'one apart from itself'],
    [{ type => 'together', one => [record(5), record(77)] }, '/one/1',
     'a record that is not there'],
    [{ type => 'together', profiles => [$ana] }, '/profiles', 'one profile'],
    [{ type => 'together', profiles => [$ana, 'prf_none'] }, '/profiles/1',
     'a profile that is not there'],
    [{ type => 'together', profiles => 7 }, '/profiles', 'no list'],
    [{ type => 'apart', profiles => [$ana, $bia, $caio] }, '/profiles',
     'three apart'],
    [{ type => 'together', profiles => [$ana, $bia], one => [] }, '/profiles',
     'both ways at once'],
    [{ type => 'apart', profiles => [$bia, $caio] }, '/profiles/1',
     'one profile from itself'],
    [{ type => 'together', profiles => [$bia, $caio] }, '/profiles/1',
     'who is one profile already'],
) {
    refused($t->post('/v1/resolution/rules', $bad->[0]), 422, 'invalid-rule',
            $bad->[1], $bad->[2]);
}


# --- values -------------------------------------------------------------------

$t->import_file('firm.csv', "phoneNumber,name\n1133334444,Rita\n"
                            . "1133334444,Rita Lima\n1133334444,\n");
my $rita = profile('phone=1133334444')->{id};
is($t->get("/v1/profiles/$rita")->{json}{counts}{records}, 3,
   'three rows of a phone are one person');

my $blocked = done($t->post('/v1/resolution/rules',
    { type => 'blocked', kind => 'phone', value => '+55 (11) 3333-4444' }));
is($blocked->{value}, '+551133334444', 'a value joins nobody, by a rule');
is(scalar @{ $t->get('/v1/profiles?phone=1133334444')->{json}{items} }, 3,
   '… and what it had joined comes apart');
is_deeply([map { "$_->{why} $_->{value}" }
               @{ $t->get("/v1/profiles/$rita")->{json}{blocked} }],
          ['rule +551133334444'], '… and says why');
ok((grep { $_->{why} eq 'rule' && $_->{value} eq '+551133334444' }
         @{ $t->get('/v1/resolution/report')->{json}{blocked}{items} }),
   '… so does the report');
$t->import_file('firm2.csv', "phoneNumber,name\n1133334444,Rita Lima\n");
is(scalar @{ $t->get('/v1/profiles?phone=1133334444')->{json}{items} }, 4,
   '… nor do rows that come');
done($t->delete("/v1/resolution/rules/$blocked->{id}"));
is($t->get("/v1/profiles/$rita")->{json}{counts}{records}, 4,
   'without the rule it joins again');

for my $bad (
    [{ type => 'blocked', kind => 'name', value => 'Ana' }, '/kind'],
    [{ type => 'blocked', kind => 'phone', value => '12' }, '/value'],
    [{ type => 'blocked', kind => 'email', value => 'ana' }, '/value'],
    [{ type => 'blocked', kind => 'email' }, '/value'],
    [{ type => 'blocked', kind => 'taxDocument', value => '12345678901' },
     '/value'],
    [{ type => 'blocked', kind => 'phone', value => '1133334444', one => [] },
     ''],
) {
    refused($t->post('/v1/resolution/rules', $bad->[0]), 422, 'invalid-rule',
            $bad->[1], 'what cannot be blocked');
}


# --- two rules at once, and a worker that is killed -----------------------------

my $x = $t->import_file('x.csv', "phoneNumber,name\n11987650001,Xis\n"
                                 . "11987650002,Ypsilon\n")->{id};
my @x = map { +{ import => $x, line => $_ } } 2, 3;

$t->hold_jobs('resolve:started');
my $one = $t->post('/v1/resolution/rules', { type => 'together', one => [@x] });
my $two = $t->post('/v1/resolution/rules',
                   { type => 'apart', one => [$x[0]], other => [$x[1]] });
is("$one->{status} $two->{status}", '202 202', 'two rules that contradict, at '
   . 'once');
$t->release_jobs;
is($t->wait_job($one->{json}{job})->{state}, 'done', '… the first is true');
my $job = $t->wait_job($two->{json}{job});
is($job->{state}, 'dead', '… the second is not');
like($job->{error}, qr/\Q$one->{json}{id}\E/, '… and says why');
is($t->get("/v1/resolution/rules/$two->{json}{id}")->{status}, 404,
   '… and is none');

my $both = profile('phone=11987650001')->{id};

done($t->delete("/v1/resolution/rules/$one->{json}{id}"));


# A call whose job kills the worker at that point; sent again, as a client does
# that had no answer.  Gives its answer once the job is done.
sub killed
{
    my ($point, $method, @call) = @_;

    push @call, headers => { 'Idempotency-Key' => "killed-" . ++$t->{killed} };
    $t->stop_worker;
    $t->start_worker(env => { AUDIENCE_FAULT => "resolve:$point" });
    my $r = $t->$method(@call);
    my $status = $t->reap('worker', 120);
    is($status && $status & 127, 9, "killed when $point");
    $t->start_worker;
    return done($r->{status} < 500 ? $r : $t->$method(@call));
}


sub rules { @{ $t->get('/v1/resolution/rules')->{json}{items} } }

my $before = rules();

for my $point (qw(started prepared committed returned)) {
    my $rule = killed($point, 'post', '/v1/resolution/rules',
                      { type => 'together', one => [@x] });
    is(profile('phone=11987650002')->{id}, $both, '… a rule joins all the same');

    killed($point, 'delete', "/v1/resolution/rules/$rule->{id}");
    isnt(profile('phone=11987650002')->{id}, $both, '… and goes');

    my $split = killed($point, 'post', "/v1/profiles/$rita/split",
                       { records => [$t->get("/v1/profiles/$rita")
                                         ->{json}{records}[1]] });
    is(scalar @{ $t->get('/v1/profiles?phone=1133334444')->{json}{items} }, 2,
       '… a split takes out one record');
    done($t->delete("/v1/resolution/rules/$split->{id}"));
    is($t->get("/v1/profiles/$rita")->{json}{counts}{records}, 4,
       '… which comes back');
}

is(scalar rules(), $before, 'nothing is left of these rules');

$t->finish;
