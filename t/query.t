# Filters, fields and values, asked of nginx: what is sent, what comes back.

use utf8;
use lib 't/lib';
use Audience::Test;
use Encode ();

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });

my $import = $t->import_file('crm.csv', Encode::encode_utf8(<<'END'));
phoneNumber,name,city,time do coração,gosta de futebol?,idade,última compra,Opt-in
11987650001,Ana Souza,São Paulo,Corinthians,sim,18,2026-01-10,sim
11987650002,Bruno Lima,sao paulo,Santos,não,30,31/12/2025,sim
11987650003,Carla Dias,Santos,Grêmio,Sim,"1.234,56",2025-12-31 10:30,sim
11987650004,Davi Reis,Rio de Janeiro,gremio,N,45,2024-02-29,sim
11987650005,"Eva ""Vi"" Melo",SÃO PAULO,,,60,,sim
11987650006,Fábio Luz,,GRÊMIO,sim,7,15/06/2023,sim
11987650007,Gil Rocha,Curitiba,Corinthians,sim,52,,não
END

is($import->{rows}{imported}, 6, 'six people are in the base');

sub where { my ($field, $op, @value) = @_;
            return { field => $field, op => $op,
                     @value ? (value => $value[0]) : () } }

sub names
{
    my ($filter) = @_;
    return join ' ', map { $_->{fields}{name} =~ /^(\w+)/ }
           @{ $t->query($filter, fields => ['name'])->{profiles} };
}


# --- operators ----------------------------------------------------------------

for (
    [ 'city', 'contains', 'PAULO' => 'Ana Bruno Eva' ],
    [ 'city', 'not_contains', 'paulo' => 'Carla Davi Fábio' ],
    [ 'city', 'equals', 'são paulo' => 'Ana Bruno Eva' ],
    [ 'city', 'not_equals', 'SAO PAULO' => 'Carla Davi Fábio' ],
    [ 'city', 'starts_with', 'sa' => 'Ana Bruno Carla Eva' ],
    [ 'city', 'not_starts_with', 'sa' => 'Davi Fábio' ],
    [ 'city', 'ends_with', 'JANEIRO' => 'Davi' ],
    [ 'city', 'in', [ 'santos', 'curitiba', 'Rio de Janeiro' ]
        => 'Carla Davi' ],
    [ 'time do coração', 'equals', 'Gremio' => 'Carla Davi Fábio' ],
    [ 'name', 'contains', '"vi"' => 'Eva' ],
    [ 'idade', 'equals', 1234.56 => 'Carla' ],
    [ 'idade', 'equals', '1.234,56' => 'Carla' ],
    [ 'idade', 'greater_than', 30 => 'Carla Davi Eva' ],
    [ 'idade', 'less_than', '18,5' => 'Ana Fábio' ],
    [ 'idade', 'between', [ 18, 45 ] => 'Ana Bruno Davi' ],
    [ 'idade', 'in', [ 7, '60' ] => 'Eva Fábio' ],
    [ 'gosta de futebol?', 'equals', JSON::PP::true() => 'Ana Carla Fábio' ],
    [ 'gosta de futebol?', 'equals', 'no' => 'Bruno Davi' ],
    [ 'gosta de futebol?', 'not_equals', 'yes' => 'Bruno Davi Eva' ],
    [ 'última compra', 'equals', '2025-12-31' => 'Bruno Carla' ],
    [ 'última compra', 'before', '31/12/2025' => 'Davi Fábio' ],
    [ 'última compra', 'after', '2025-12-31' => 'Ana' ],
    [ 'última compra', 'between', [ '2024-01-01', '2025-12-31' ]
        => 'Bruno Carla Davi' ],
    [ 'phoneNumber', 'equals', '+5511987650004' => 'Davi' ],
    [ 'created_at', 'within_last', 1 => 'Ana Bruno Carla Davi Eva Fábio' ],
    [ 'created_at', 'not_within_last', 1 => '' ],
) {
    my ($field, $op, $value, $expected) = @$_;
    my $shown = ref $value eq 'ARRAY' ? "@$value" : $value;

    is(names(where($field, $op, $value)), $expected, "$field $op $shown");
}

is(names(where('última compra', 'exists')), 'Ana Bruno Carla Davi Fábio',
   'exists');
is(names(where('última compra', 'not_exists')), 'Eva', 'not_exists');


# --- groups -------------------------------------------------------------------

is(names({ all => [
       where('idade', 'greater_than', 10),
       { any => [ where('city', 'equals', 'santos'),
                  where('time do coração', 'contains', 'corinth') ] },
       { not => where('name', 'starts_with', 'carla') } ] }), 'Ana',
   'all, any and not within one another');

is($t->count({ all => [] }), 6, 'all of nothing is everybody');
is($t->count({ any => [] }), 0, 'any of nothing is nobody');

my $audience = $t->post('/v1/audiences',
    { name => 'Grêmio', filter => where('time do coração', 'equals', 'gremio') });
is($audience->{status}, 201, 'an audience is saved');
$t->wait_visible;

is(names({ not => { audience => $audience->{json}{id} } }), 'Ana Bruno Eva',
   'who is not in an audience');


# --- pages --------------------------------------------------------------------

my ($next, @pages, @all);

do {
    my $page = $t->query(where('idade', 'exists'), limit => 2,
                         fields => ['name'], $next ? (cursor => $next) : ());
    is($page->{count}, 6, 'every page has the whole count');
    is($page->{total}, 6, 'and the size of the base');
    push @pages, scalar @{ $page->{profiles} };
    push @all, map { $_->{id} } @{ $page->{profiles} };
    $next = $page->{next};
} while ($next);

is("@pages", '2 2 2', 'three pages of two');
is(join(' ', sort @all), "@all", 'in the order of ids');
like($all[0], qr/^prf_[0-9a-z]{26}$/, 'which name profiles');

for my $id (@all) {
    my $alone = $t->query(where('idade', 'exists'), profile => $id, limit => 7);
    is_deeply([map { $_->{id} } @{ $alone->{profiles} }], [$id],
              'one profile alone');
    is($alone->{count}, 6, '... of those that match');
    is($alone->{next}, undef, '... has no pages');
}
is_deeply($t->query(where('name', 'contains', 'eva'),
                    profile => $all[0])->{profiles}, [],
          'and nobody where the filter does not match it');
is_deeply($t->query({ all => [] }, profile => "prf_$_" . '0' x 25)->{profiles}, [],
          'nor where there is none') for 0, 7;
is_deeply($t->query({ all => [] }, profile => $all[0], limit => 0)->{profiles}, [],
          'nor where none is wanted');

my $one = $t->query(where('name', 'contains', 'eva'))->{profiles}[0]{fields};
is($one->{phoneNumber}, '+5511987650005', 'all fields by default');
is($one->{name}, 'Eva "Vi" Melo', 'as they were written');
ok(!exists $one->{'última compra'}, 'without those that are empty');
like($one->{created_at}, qr/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, 'with system fields');


# --- counts of the parts ------------------------------------------------------

# What stands at a JSON Pointer.
sub part_at
{
    my ($tree, $pointer) = @_;

    for my $step (grep { length } split m{/}, $pointer) {
        $tree = ref $tree eq 'ARRAY' ? $tree->[$step] : $tree->{$step};
    }
    return $tree;
}

my $nested = { any => [
    { all => [ where('idade', 'greater_than', 10),
               { not => where('city', 'contains', 'paulo') },
               { any => [] } ] },
    { not => { all => [ where('time do coração', 'equals', 'gremio'),
                        { audience => $audience->{json}{id} } ] } },
    where('name', 'starts_with', 'ana') ] };

my $counts = $t->query($nested, limit => 0, counts => JSON::PP::true())
             ->{counts};

is(join(' ', sort keys %$counts), join(' ', sort map { "/filter$_" }
       '', '/any/0', '/any/0/all/0', '/any/0/all/1', '/any/0/all/1/not',
       '/any/0/all/2', '/any/1', '/any/1/not', '/any/1/not/all/0',
       '/any/1/not/all/1', '/any/2'),
   'every part of a filter is counted where that is asked for');

is($counts->{$_}, $t->count(part_at({ filter => $nested }, $_)),
   "$_ as it is alone") for sort keys %$counts;

is_deeply($t->query(undef, counts => JSON::PP::true())->{counts}, {},
          'a filter that is not there has no parts');
ok(!exists $t->query($nested, counts => JSON::PP::false())->{counts},
   'no counts unless they are asked for');


# --- bodies as they arrive ----------------------------------------------------

{
    my $body = '{"filter": {"field": "city", "op": "equals", '
               . '"value": "S\u00e3o Paulo"}, "fields": ["name"]}';
    my @pieces = ($body =~ /(.{1,7})/g);

    for (['of one piece', $body],
         ['of 40,000 bytes', ' ' x 20_000 . $body . ' ' x 20_000],
         ['in chunks', sub { shift @pieces }])
    {
        my $r = $t->post('/v1/query', $_->[1]);
        is(join(' ', map { $_->{fields}{name} } @{ $r->{json}{profiles} }),
           'Ana Souza Bruno Lima Eva "Vi" Melo', "a body $_->[0] is read whole");
    }
}


# --- bad requests -------------------------------------------------------------

sub refused
{
    my ($what, $body, $status, $type, @errors) = @_;

    my $r = $t->post('/v1/query', $body);
    is($r->{status}, $status, "$what is a $status");
    is($r->{json}{type}, "/problems/$type", "… of type $type");
    is($r->{headers}{'content-type'}, 'application/problem+json',
       '… as a problem document');
    is(join('; ', map { ($_->{type} =~ s{.*/}{}r) . ' ' . ($_->{pointer} // '') }
                  @{ $r->{json}{errors} || [] }), join('; ', @errors),
       '… with every error in its place') if @errors;
    return $r->{json};
}

sub filter { return { filter => $_[0] } }

refused('an empty body', '', 400, 'bad-json');
refused('a list', '[]', 400, 'bad-json');
refused('half an object', '{"filter": {"all": [', 400, 'bad-json');
refused('a key twice', '{"limit": 1, "limit": 2}', 400, 'bad-json');
refused('a key twice in a filter', '{"filter": {"all": [], "all": []}}', 400,
        'bad-json');
refused('bytes that are no UTF-8', qq({"filter": {"field": "\xff"}}), 400,
        'bad-json');
refused('JSON 60,000 deep', '[' x 60_000, 422, 'too-deep');
refused('too long a body', '{"filter": ' . ' ' x 65_536 . '{}}', 413,
        'body-too-large');
refused('far too long a body', ' ' x 1_000_000, 413, 'body-too-large');

my $deep = where('name', 'exists');
$deep = { all => [$deep] } for 1 .. 9;
refused('nine groups in one another', filter($deep), 422, 'invalid-filter',
        'too-deep /filter' . '/all/0' x 8);

refused('201 conditions', filter({ any => [ (where('name', 'exists')) x 201 ] }),
        422, 'invalid-filter', 'too-many-conditions /filter');

my $problem = refused('an unknown field',
    filter(where('Time do Coracao', 'exists')), 422, 'invalid-filter',
    'unknown-field /filter/field');
is($problem->{errors}[0]{suggestion}, 'time do coração',
   'with the field that was perhaps meant');

refused('an unknown operator', filter(where('name', 'matches', '.*')), 422,
        'invalid-filter', 'unknown-operator /filter/op');
refused('an unknown node', filter({ some => [] }), 422, 'invalid-filter',
        'unknown-node /filter');
refused('an unknown audience',
        filter({ audience => 'aud_01hf0000000000000000000000' }), 422,
        'invalid-filter', 'unknown-audience /filter/audience');

$problem = refused('greater_than on text',
    filter(where('city', 'greater_than', 3)), 422, 'invalid-filter',
    'operator-does-not-fit /filter/op');
is($problem->{detail}, '"greater_than" needs a field of numbers or dates; '
   . 'the field "city" holds text.', 'which says why');

refused('a number that is none', filter(where('idade', 'less_than', 'muito')),
        422, 'invalid-filter', 'bad-value /filter/value');
refused('several errors', { limit => -1, sort => 'name', filter => { all => [
            where('idade', 'between', [1]), where('name', 'equals'), 7 ] } },
        422, 'invalid-query', 'unknown-member /sort', 'bad-value /limit',
        'bad-value /filter/all/0/value', 'bad-value /filter/all/1',
        'unknown-node /filter/all/2');
refused('counts that are no yes or no', { counts => 1 }, 422,
        'invalid-query', 'bad-value /counts');
refused('a cursor of another kind', { cursor => 'aud_1' }, 422,
        'invalid-query', 'bad-value /cursor');
refused('a profile of another kind', { profile => 'aud_1' }, 422,
        'invalid-query', 'bad-value /profile');
refused('pages of one profile', { profile => $all[0], cursor => $all[0] }, 422,
        'invalid-query', 'bad-value /cursor');
refused('a field that is not there', { fields => [ 'name', 'x' ] }, 422,
        'invalid-query', 'unknown-field /fields/1');


# --- fields and values --------------------------------------------------------

my $fields = $t->get('/v1/fields')->{json};
my %field = map { $_->{name} => $_ } @{ $fields->{items} };

is($fields->{total}, 6, 'fields come with the size of the base');
is(join(' ', map { $_->{name} } @{ $fields->{items} }[0 .. 2]),
   'phoneNumber name city', 'identifiers stand first');

for (
    [ 'idade', 'number', 'behaviour', 6, 6 ],
    [ 'city', 'text', 'identifier', 5, 5 ],
    [ 'última compra', 'date', 'behaviour', 5, 5 ],
    [ 'gosta de futebol?', 'yes_no', 'behaviour', 5, 4 ],
    [ 'created_at', 'date', 'system', 6, 1 ],
) {
    my ($name, $type, $kind, $filled, $distinct) = @$_;
    my $f = $field{$name};

    is("$f->{type} $f->{kind} $f->{filled} $f->{distinct}",
       "$type $kind $filled $distinct", "$name among the fields");
}

sub values_of
{
    my ($name, $args) = @_;
    my $r = $t->get('/v1/fields/' . Audience::Client::escape($name)
                    . '/values' . ($args // ''));
    return join ', ', map { "$_->{value} $_->{count}" }
           @{ $r->{json}{items} || [] };
}

like(values_of('time do coração'), qr/^Gr[êe]mio 3, Corinthians 1, Santos 1$/i,
     'values that fold alike are one, the most frequent first');
is(values_of('time do coração', '?q=SAN'), 'Santos 1', 'values that contain q');
is(values_of('time do coração', '?limit=1') =~ tr/,//, 0, 'a limited list');
is(values_of('name', '?q=l%C3%BAz'), 'Fábio Luz 1', 'without regard to accents');
is($t->get('/v1/fields/x/values')->{status}, 404, 'values of an unknown field');


# --- distributions --------------------------------------------------------------

sub distribution
{
    my ($field, $filter, %opt) = @_;
    my $r = $t->post('/v1/distribution', { field => $field, %opt,
                     $filter ? (filter => $filter) : () });

    return $r->{json} if $r->{status} == 200;
    return diag($r->{text});
}

my $paulistas = where('city', 'equals', 'são paulo');
my $d = distribution('time do coração', $paulistas);

is_deeply([ $d->{inside}, $d->{base} ],
          [ { people => 3, filled => 2 }, { people => 6, filled => 5 } ],
          'how many people are inside and have the field');
like(join(', ', map { "$_->{value} $_->{inside} $_->{base}" } @{ $d->{values} }),
   qr/^Corinthians 1 1, Santos 1 1, Gr[êe]mio 0 3$/i,
   'values of a text, those first that most people inside have');
is_deeply($d->{other}, { values => 0, inside => 0, base => 0 },
          'and no other ones');
is_deeply(distribution('time do coração', $paulistas, limit => 1)->{other},
          { values => 2, inside => 1, base => 4 },
          'who has a value that is not listed');

$d = distribution('gosta de futebol?', $paulistas);
is_deeply($d->{values}, [ { value => JSON::PP::false, inside => 1, base => 2 },
                          { value => JSON::PP::true, inside => 1, base => 3 } ],
          'yes and no');

$d = distribution('idade', $paulistas);
is(join(', ', map { "$_->{value} $_->{inside}" } @{ $d->{values} }),
   '7 0, 18 1, 30 1, 45 0, 60 1, 1234.56 0', 'a few numbers, by value');

for my $v (@{ $d->{values} }) {
    is($t->count(where('idade', 'equals', $v->{value})), $v->{base},
       "as many people have $v->{value} as a filter finds");
}

$d = distribution('idade', undef, limit => 5);
ok($d->{ranges} && !$d->{values}, 'many numbers stand in ranges');
is($d->{unit}, 'number', '… of numbers');

my ($people) = (0);

for my $r (@{ $d->{ranges} }) {
    my $filter = { all => [ { not => where('idade', 'less_than', $r->{from}) },
                            where('idade', 'less_than', $r->{to}) ] };
    is($t->count($filter), $r->{inside},
       "as many from $r->{from} to $r->{to} as a filter finds");
    $people += $r->{base};
}
is($people, 6, 'which are all people');

$d = distribution('última compra', $paulistas);
is("$d->{size} $d->{unit}", '3 month', 'dates stand in parts of the calendar');
is_deeply($d->{ranges}[-1], { from => '2026-01-01', to => '2026-04-01',
                              inside => 1, base => 1 }, '… of which one is');

sub not_distributed
{
    my ($what, $request, $type, $error) = @_;
    my $r = $t->post('/v1/distribution', $request);

    is($r->{json}{type}, "/problems/$type", "$what is refused");
    is("$r->{json}{errors}[0]{type} $r->{json}{errors}[0]{pointer}",
       "/problems/$error", '… in its place') if $error;
}

not_distributed('no field', {}, 'invalid-query', 'bad-value /field');
not_distributed('a field that is not there', { field => 'x' }, 'invalid-query',
                'unknown-field /field');
not_distributed('a wrong filter',
    { field => 'city', filter => where('city', 'greater_than', 1) },
    'invalid-filter', 'operator-does-not-fit /filter/op');
not_distributed('no JSON', 'city', 'bad-json');
is($t->get('/v1/distribution')->{status}, 405, 'it takes a POST');


# --- tenants, and the worker away -----------------------------------------------

is($t->count({ all => [] }, tenant => 'other'), 0, 'another tenant sees nobody');
is($t->post('/v1/query', filter(where('city', 'exists')),
            tenant => 'other')->{status}, 422, 'nor which fields there are');

is($t->post('/v1/distribution', { field => 'city' },
            tenant => 'other')->{status}, 422, 'nor how they are distributed');

$t->stop_worker;

is(names(where('city', 'equals', 'sao paulo')), 'Ana Bruno Eva',
   'queries go on while the worker is stopped');
is($t->get('/v1/fields')->{json}{total}, 6, 'so do fields');
is(values_of('time do coração', '?q=san'), 'Santos 1', 'values');
is(distribution('city')->{base}{people}, 6, 'and distributions');

$t->finish;
