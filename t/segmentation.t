# Automatic segmentation from the request to audiences that are queried,
# exported, edited, and found again by the next run.

use lib 't/lib';
use Audience::Groups;
use Audience::Test;
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ }
                        qw(output failure_output todo_output);

my $t = Audience::Test->start;


sub bytes { my $text = shift; utf8::encode($text); $text }


# Starts a run and waits for it; the record.
sub segment
{
    my ($body, %who) = @_;

    my $r = $t->post('/v1/segmentations', $body, %who);

    is($r->{status}, 202, 'a run is accepted') or diag($r->{text});
    my $job = $t->wait_job($r->{json}{job}, %who);
    is($job->{state}, 'done', 'and done') or diag($job->{error});
    $t->wait_visible(%who);

    return $t->get("/v1/segmentations/$r->{json}{id}", %who)->{json};
}


sub audience { my ($id, %who) = @_; $t->get("/v1/audiences/$id", %who)->{json} }


# Whether a person's own list of audiences has it.
sub told
{
    my ($profile, $id) = @_;
    my $items = $t->get("/v1/profiles/$profile/audiences")->{json}{items};

    return scalar grep { $_->{audience} eq $id && $_->{type} eq 'automatic' } @$items;
}


sub names_in
{
    my ($filter, %who) = @_;
    my $page = $t->query($filter, limit => 1000, fields => ['name'], %who);

    return sort map { $_->{fields}{name} } @{ $page->{profiles} };
}


# How many of a group's people are in an audience, and how many others.
sub in_and_others
{
    my ($people, $group, $id) = @_;
    my %of = map { $_ => 1 } $people->names($group);
    my @in = names_in({ audience => $id });

    return (scalar(grep { $of{$_} } @in), scalar(grep { !$of{$_} } @in));
}


# The audience of the run that most of a group's people are in.
sub audience_of
{
    my ($people, $group, $run) = @_;

    my ($best) = sort {
        (in_and_others($people, $group, $b->{id}))[0]
        <=> (in_and_others($people, $group, $a->{id}))[0]
    } @{ $run->{audiences} };
    return $best;
}


# What a run and its audiences say, without ids and times.
sub plain
{
    my ($run, %who) = @_;
    my %place;
    my @audiences = map { audience($_->{id}, %who) } @{ $run->{audiences} };

    $place{ $audiences[$_]{id} } = "audience $_" for 0 .. $#audiences;

    for my $a (@audiences) {
        $a->{members} = [ names_in({ audience => $a->{id} }, %who) ];
        $_->{audience} = $place{ $_->{audience} } for @{ $a->{overlap} };
        delete @$a{qw(id segmentation created_at generation)};
        delete @$_{qw(segmentation at)} for @{ $a->{sizes} };
    }
    my %rest = %$run;
    delete @rest{qw(id job created_at finished_at created_by generation)};
    delete $_->{id} for @{ $rest{audiences} = [ map { { %$_ } }
                                                @{ $run->{audiences} } ] };
    return { run => \%rest, audiences => \@audiences };
}


# --- who asks too early -------------------------------------------------------

my $r = $t->post('/v1/segmentations', {});
is($r->{status}, 409, 'an empty base has no groups');
is($r->{json}{type}, '/problems/too-little-fresh-data', '… says why');
is($r->{json}{count}, 0, '… how many people there are');
is($r->{json}{limit}, 7, '… how many are needed');

$t->import_file('six.csv', bytes(Audience::Groups->new->csv(fans => 6)),
                tenant => 'six');
$r = $t->post('/v1/segmentations', undef, tenant => 'six');
is($r->{status}, 409, 'six are too few');
is($r->{json}{count}, 6, '… they are counted');
like($r->{json}{detail}, qr/7 days.* 6 people.* 7 are needed.*Import/,
     '… and what to do is said');

is_deeply([ map { "$_->{type} $_->{pointer}" }
            @{ $t->post('/v1/segmentations', { suggest_copies => 'yes',
                                               groups => 3 })
                 ->{json}{errors} } ],
          [ '/problems/unknown-member /groups',
            '/problems/bad-value /suggest_copies' ],
          'members that there are not, and values that cannot be');


# --- a run --------------------------------------------------------------------

my $people = Audience::Groups->new(seed => 3);
my $file = bytes($people->csv(fans => 260, buyers => 200));

$t->import_file('crm.csv', $file);

$r = $t->post('/v1/segmentations', { suggest_copies => JSON::PP::false });
is($r->{status}, 202, 'a run is accepted');
is($r->{headers}{location}, "/v1/segmentations/$r->{json}{id}", 'says where');
like($r->{json}{id}, qr/^sgm_/, 'has an id');
is($r->{json}{created_by}, 'demo@example.com', 'who asked');
is($t->wait_job($r->{json}{job})->{state}, 'done', 'its job ends well');
$t->wait_visible;

my $first = $t->get("/v1/segmentations/$r->{json}{id}")->{json};
is($first->{state}, 'done', 'the run is done');
is($first->{profiles}, 460, 'it has seen everybody');
is($first->{classes}, 2, 'it has found both groups');
is($first->{outcome}, 'groups', '… and says so');
is_deeply([ map { $_->{field} } @{ $first->{fields} } ],
          [qw(canal pet plano renda time)], 'it has looked at behaviours');
is_deeply({ map { $_->{field} => $_->{reason} } @{ $first->{left_out} } }
            ->{name}, 'identifier', 'and left out who people are');

my ($best) = sort { $a->{bic} <=> $b->{bic} } @{ $first->{choice} };
is($best->{classes}, 2, 'the least BIC has chosen');
cmp_ok(scalar @{ $first->{choice} }, '>', 2, '… among several');
is_deeply($first->{gone}, [], 'nothing is gone');
is_deeply([ map { $_->{change} } @{ $first->{audiences} } ], [qw(new new)],
          'two audiences are new');

my $fans = audience_of($people, 'fans', $first);
my $buyers = audience_of($people, 'buyers', $first);
isnt($fans->{id}, $buyers->{id}, 'one for each group');

for ([ fans => $fans ], [ buyers => $buyers ]) {
    my ($group, $audience) = @$_;
    my $member = $t->query({ audience => $audience->{id} }, limit => 1);
    my $other = $t->query({ not => { audience => $audience->{id} } }, limit => 1);

    is(told($member->{profiles}[0]{id}, $audience->{id}), 1, 'a member is told so');
    is(told($other->{profiles}[0]{id}, $audience->{id}), 0, '… and nobody else');

    my ($in, $others) = in_and_others($people, $group, $audience->{id});

    cmp_ok($in, '>', 0.9 * $people->names($group), "nearly all $group are in");
    cmp_ok($others, '<', 0.1 * $in, '… and few others');
    is($in + $others, $audience->{size}, '… as many as the run says');
}

my $a = audience($fans->{id});
is($a->{type}, 'automatic', 'it is an automatic audience');
is($a->{name}, $fans->{name}, '… with its name');
is($a->{count}, $fans->{size}, '… its count');
ok(!exists $a->{created_by}, '… nobody has made it');
is($a->{segmentation}, $first->{id}, '… but a run');
is($a->{written_by}, 'built-in', '… with the words of the product');
is_deeply([ map { $_->{size} } @{ $a->{sizes} } ], [ $fans->{size} ],
          '… and a history');
cmp_ok($a->{stability}, '>', 0.9, '… it is stable');

my ($plan) = grep { $_->{field} eq 'plano' && $_->{value} eq 'Ouro' }
             @{ $a->{explanation} };
my $base = $t->count({ field => 'plano', op => 'exists' });
my $gold = { field => 'plano', op => 'equals', value => 'Ouro' };
my $in_gold = $t->count({ all => [ { audience => $a->{id} }, $gold ] });
ok($plan->{significant} && $plan->{principal}, 'what makes it is told');
is($plan->{people}, $in_gold, '… with its people');
near($plan->{share}, $in_gold / $a->{size}, '… its share');
near($plan->{base_share}, $t->count($gold) / $base, '… that of the base');
near($plan->{lift}, $plan->{share} / $plan->{base_share}, '… and the lift');
is_deeply([ map { $_->{audience} } @{ $a->{overlap} } ], [ $buyers->{id} ],
          'the overlap with the other is told');
near($a->{overlap}[0]{share},
     $t->count({ all => [ { audience => $fans->{id} },
                          { audience => $buyers->{id} } ] }) / $a->{size},
     '… as it is');


sub near
{
    my ($is, $should, $what) = @_;
    ok(abs($is - $should) <= 1e-5 * abs($should), $what)
        or diag("$is is not $should");
}


# --- audiences like others ----------------------------------------------------

my $list = $t->get('/v1/audiences?type=automatic')->{json}{items};
is_deeply([ map { $_->{id} } @$list ],
          [ map { $_->{id} } @{ $first->{audiences} } ],
          'lists have them, the largest first');
ok(!grep({ exists $_->{explanation} } @$list), '… without long tables');
is_deeply($t->get('/v1/audiences?type=manual')->{json}{items}, [],
          '… and not among manual ones');

$r = $t->post('/v1/audiences', { name => 'Others', filter =>
         { not => { audience => $fans->{id} } } });
is($r->{json}{count}, 460 - $fans->{size}, 'filters of others can use them');
is($t->delete("/v1/audiences/$fans->{id}")->{status}, 409,
   '… which keeps them from being deleted');
$t->delete("/v1/audiences/$r->{json}{id}");

$r = $t->post("/v1/audiences/$fans->{id}/exports", {});
my $export = $t->wait_export($r->{json}{id});
my ($header, @rows) = split /\r?\n/, $t->call('GET', $export->{url})->{text};
is(scalar @rows, $fans->{size}, 'they are exported');
my %seen;
my @telling = grep { !$seen{$_}++ } map { $_->{field} }
              grep { $_->{significant} } @{ $a->{explanation} };
like($header, qr/^\W*phoneNumber,name,\Q@{[ join ',', @telling ]}\E/,
     '… contacts first, then what makes the group');

is_deeply($t->get("/v1/audiences/$fans->{id}", tenant => 'six')->{status}, 404,
          'other tenants do not see them');
is($t->get("/v1/segmentations/$first->{id}", tenant => 'six')->{status}, 404,
   '… nor the run');
is_deeply($t->get('/v1/segmentations', tenant => 'six')->{json}{items}, [],
          '… nor a list of it');

$r = $t->patch("/v1/audiences/$fans->{id}", { name => 'Torcida' });
is($r->{status}, 200, 'renamed');
is($r->{json}{name}, 'Torcida', '… the name is new');
is_deeply($r->{json}{edited}, ['name'], '… and known to be a person\'s');
$r = $t->patch("/v1/audiences/$fans->{id}",
               { name => 'Torcida', description => $r->{json}{description} });
is_deeply($r->{json}{edited}, ['name'], '… what is sent as it was is not');
$r = $t->patch("/v1/audiences/$fans->{id}", { name => 'Torcida', description =>
         'Nossos fãs', characteristics => [ 'do Flamengo' ] });
is_deeply([ @{ $r->{json} }{qw(description characteristics edited count)} ],
          [ 'Nossos fãs', ['do Flamengo'],
            [qw(name description characteristics)], $fans->{size} ],
          'words are edited, members are not');

is_deeply([ map { $_->{type} } @{ $t->patch("/v1/audiences/$fans->{id}",
              { filter => { all => [] } })->{json}{errors} } ],
          ['/problems/fixed-sample'], 'they take no filter');
is_deeply([ map { $_->{type} } @{ $t->patch("/v1/audiences/$fans->{id}",
              { characteristics => $_ })->{json}{errors} } ],
          ['/problems/invalid-characteristics'], 'texts of one line')
    for "a", [ '' ], [ "a\nb" ], [ 'x' x 301 ], [ ('x') x 21 ], [ 1 ], undef;
like($t->patch("/v1/audiences/$fans->{id}", { size => 1 })
       ->{json}{errors}[0]{detail}, qr/characteristics of an automatic/,
     'what can be edited is said');
$r = $t->post('/v1/audiences', { name => 'All', filter => { all => [] } });
is($t->patch("/v1/audiences/$r->{json}{id}", { characteristics => ['x'] })
     ->{status}, 422, 'manual ones have no characteristics');


# --- the same again -----------------------------------------------------------

my $again = segment({});
is_deeply([ map { [ @$_{qw(id size change previous_size)} ] }
            @{ $again->{audiences} } ],
          [ map { [ @$_{qw(id size)}, 'kept', $_->{size} ] }
            @{ $first->{audiences} } ],
          'a second run finds the same groups, whose audiences go on');
$a = audience($fans->{id});
is_deeply([ @$a{qw(name description characteristics)} ],
          [ 'Torcida', 'Nossos fãs', ['do Flamengo'] ],
          'what a person has written stays');
is(scalar @{ $a->{sizes} }, 2, 'the history grows');
is($a->{segmentation}, $again->{id}, 'the latest run is named');
isnt(audience($buyers->{id})->{description}, '',
     'what nobody has written is written anew');
is_deeply([ map { $_->{id} } @{ $t->get('/v1/segmentations')->{json}{items} } ],
          [ $again->{id}, $first->{id} ], 'both runs are listed');

$t->import_file('crm.csv', $file, tenant => 'twin');
my $twin = segment({}, tenant => 'twin');
$t->import_file('crm.csv', $file, tenant => 'triplet');
$t->restart_worker('segmentation.threads' => 1);
my $triplet = segment({}, tenant => 'triplet');
is_deeply(plain($triplet, tenant => 'triplet'),
          plain($twin, tenant => 'twin'),
          'the same base gives the same, whatever the threads');

my ($columns, @lines) = split /^/, $file;
$t->import_file('second.csv', join('', $columns, @lines[200 .. $#lines]),
                tenant => 'halves');
$t->import_file('first.csv', join('', $columns, @lines[0 .. 199]),
                tenant => 'halves');
is_deeply(plain(segment({}, tenant => 'halves'), tenant => 'halves'),
          plain($twin, tenant => 'twin'),
          '… and in whatever order people came');
$t->restart_worker('segmentation.threads' => 2);


# --- languages of tenants -------------------------------------------------------

$t->restart_worker('languages.english' => 'en', 'languages.spanish' => 'es');

for ([english => qr/ people, \d+% of the base/],
     [spanish => qr/ personas, un .* de la base/],
     [another => qr/ pessoas, \d+% da base/])
{
    my ($tenant, $said) = @$_;

    $t->import_file('crm.csv', $file, tenant => $tenant);
    my $run = segment({}, tenant => $tenant);
    like(audience($run->{audiences}[0]{id}, tenant => $tenant)->{description},
         $said, "words of a tenant, $tenant, are in its language");
    is($t->get('/v1/users', tenant => $tenant)->{json}{items}[0]{language},
       $tenant eq 'english' ? 'en' : $tenant eq 'spanish' ? 'es' : 'pt-BR',
       '… as those to its users are');
}


# --- a base that changes ------------------------------------------------------

my @fans_before = names_in({ audience => $fans->{id} });

$t->import_file('new.csv', bytes($people->csv(callers => 240, buyers => 60)));
is($t->count({ audience => $buyers->{id} }), $buyers->{size},
   'an import changes no sample');

is(scalar @{ $t->get('/v1/audiences')->{json}{items} }, 3, 'lists are known');
my $third = segment({ suggest_copies => JSON::PP::true });
my %change = map { $_->{id} => $_->{change} } @{ $third->{audiences} };
my $callers = audience_of($people, 'callers', $third);
is($change{ $fans->{id} }, 'kept', 'a group that is as it was');
is($change{ $buyers->{id} }, 'grown', 'a group that has grown');
is($change{ $callers->{id} }, 'new', 'a group that is new');
is(keys %change, 3, '… and no other');
is(scalar @{ audience($callers->{id})->{copies} }, 3, 'copies are suggested');
is_deeply([ sort map { $_->{id} }
            @{ $t->get('/v1/audiences?type=automatic')->{json}{items} } ],
          [ sort keys %change ], 'the list has what is new');

is($t->delete("/v1/audiences/$buyers->{id}")->{status}, 204, 'deleted');
is($t->count({ audience => $callers->{id} }), $callers->{size},
   '… others stay');

my $fourth = segment({});
my $reborn = audience_of($people, 'buyers', $fourth);
isnt($reborn->{id}, $buyers->{id}, 'what is deleted does not come back');
is($reborn->{change}, 'new', '… its group makes a new audience');
is(scalar @{ audience($callers->{id})->{copies} }, 3,
   'copies stay where none are asked for');

my @callers = map { $_->{id} } @{ $t->query({ all => [
    { audience => $callers->{id} },
    { field => 'name', op => 'starts_with', value => 'callers' } ] },
    limit => 1000)->{profiles} };
is(in_file(@callers), @callers, 'the file of samples holds a group');
cmp_ok(scalar @callers, '>', 200, '… of people');

my ($gone) = grep { $_->{filename} eq 'new.csv' }
             @{ $t->get('/v1/imports')->{json}{items} };
$r = $t->delete("/v1/imports/$gone->{id}");
is($t->wait_job($r->{json}{undo}{job})->{state}, 'done',
   'the import is undone');
$t->wait_visible;
cmp_ok($t->count({ audience => $callers->{id} }), '<', 12,
       'who is gone is in no sample');
is(in_file(@callers), 0, '… nor in its file');

my $fifth = segment({});
is_deeply([ map { $_->{id} } @{ $fifth->{gone} } ], [ $callers->{id} ],
          'a group that is gone is told');
is(audience($callers->{id})->{size}, $callers->{size},
   '… its audience stays as it was');
is_deeply(segment({})->{gone}, [], '… but not told again');


# --- groups whose likes change ---------------------------------------------------

my $old = Audience::Groups->new(seed => 11);
my $new = Audience::Groups->new(seed => 12, phone => 500_000);
my @turn = (tenant => 'turn');
$t->import_file('old.csv', bytes($old->csv(fans => 300, buyers => 300)), @turn);
my @before = @{ segment({}, @turn)->{audiences} };
my ($was) = grep { $_->{name} =~ /Flamengo/ } @before;
my ($other) = grep { $_->{id} ne $was->{id} } @before;
(my $vasco = bytes($new->csv(fans => 900, buyers => 900))) =~ s/Flamengo/Vasco/g;
$vasco =~ s/Palmeiras/Bahia/g;
$t->patch("/v1/audiences/$other->{id}", { name => 'Loja' }, @turn);
$t->import_file('new.csv', $vasco, @turn);
my %now = map { $_->{id} => $_->{name} } @{ segment({}, @turn)->{audiences} };
is_deeply([ sort keys %now ], [ sort map { $_->{id} } @before ],
          'they go on');
unlike($now{ $was->{id} }, qr/Flameng/,
       '… but no name says what is true no more');
is($now{ $other->{id} }, 'Loja', '… unless a person gave it');


# --- people who turn out to be one ---------------------------------------------

my $in = { audience => $fans->{id} };
my $count = $t->count($in);
my ($older) = @{ $t->query({ all => [ { not => $in },
    { field => 'name', op => 'starts_with', value => 'fans' } ] }, limit => 1,
    fields => ['phoneNumber'])->{profiles} };
my @two = @{ $t->query($in, limit => 1000,
                       fields => ['phoneNumber'])->{profiles} };
@two = grep { $_->{id} gt $older->{id} } @two;

$t->import_file('join.csv', "phoneNumber,taxDocument\n"
    . join '', map { "$_->{fields}{phoneNumber},529.982.247-25\n" }
               @two[0, 1]);
is($t->count($in), $count - 1, 'members who join are one member');
is($t->get("/v1/profiles/$two[1]{id}")->{json}{id},
   $t->get("/v1/profiles/$two[0]{id}")->{json}{id}, '… the older one');

$t->import_file('join.csv', "phoneNumber,taxDocument\n"
    . join '', map { "$_->{fields}{phoneNumber},111.444.777-35\n" }
               $older, $two[2]);
is($t->get("/v1/profiles/$two[2]{id}")->{json}{id}, $older->{id},
   'a member joins somebody older');
is($t->count({ all => [ $in, { field => 'taxDocument', op => 'equals',
                               value => '111.444.777-35' } ] }), 1,
   '… who is a member then');
is($t->count($in), $count - 1, '… in the place of the member');

my $erased = $two[5]{id};
is(in_file($erased), 1, 'a member stands in the file');
$r = $t->delete("/v1/profiles/$erased");
$t->wait_job($r->{json}{job});
$t->wait_visible;
is($t->count($in), $count - 2, 'who is erased is no member');
is(in_file($erased), 0, '… nor in the file');

my $generation = $t->query(undef, limit => 0)->{generation};
$t->stop_worker;
damage($_) for glob "$t->{root}/segments/demo/*.seg";
$t->start_worker;
$t->wait_for('the base to be published anew', sub {
    $t->query(undef, limit => 0)->{generation} > $generation
});
is($t->count($in), $count - 2, 'a rebuild keeps samples');

$t->expect_worker(qr/"base unusable"/);
$t->finish;


# How many of these ids stand in the file of audiences.
sub in_file
{
    my ($file) = reverse sort glob "$t->{root}/segments/demo/*.aud";
    my $bytes = $t->read_file($file);

    return scalar grep { index($bytes, raw_id($_)) >= 0 } @_;
}


# The bytes of an id.
sub raw_id
{
    my ($bits) = $_[0] =~ /_(\w+)$/;
    my $place = '0123456789abcdefghjkmnpqrstvwxyz';

    $bits =~ s/(.)/sprintf '%05b', index $place, $1/ge;
    return pack 'B128', substr $bits, 2;
}


sub damage
{
    my ($path) = @_;

    open my $file, '+<', $path or die "$path: $!";
    seek $file, 200, 0;
    print $file "\xa5\x5a\xa5\x5a";
    close $file;
}
