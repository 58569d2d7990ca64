# Audiences: saved filters that follow the data.

use lib 't/lib';
use Audience::Test;
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ }
                        qw(output failure_output todo_output);

my $t = Audience::Test->start;

$t->import_file('crm.csv', bytes("phoneNumber,name,city,idade\n"
                . "11987654301,Ana,São Paulo,20\n11987654302,Bia,Santos,30\n"
                . "11987654303,Caio,Santos,40\n"));

my $santos = { field => 'city', op => 'equals', value => 'santos' };


# --- create -------------------------------------------------------------------

my $r = create(name => '  Santistas  ', description => 'de Santos',
               filter => $santos);
my $first = $r->{json};
is($r->{status}, 201, 'an audience is created');
is($r->{headers}{location}, "/v1/audiences/$first->{id}", 'says where');
is($first->{name}, 'Santistas', 'its name is trimmed');
is($first->{type}, 'manual', 'it follows the data');
is($first->{count}, 2, 'with its count');
is($first->{updated_at}, undef, 'it has never been changed');
is($first->{created_by}, 'demo@example.com', 'who made it');
is_deeply($first->{filter}, $santos, 'with its filter');
is_deeply($t->get("/v1/audiences/$first->{id}")->{json}, $first,
          'and is read alike');

is_deeply(problems(create(filter => $santos)), ['missing-name /name'],
          'a name is required');
is_deeply(problems(create(name => "\t ", filter => $santos)),
          ['missing-name /name'], 'blanks are no name');
is_deeply(problems(create(name => 'x' x 201, filter => $santos)),
          ['invalid-name /name'], '200 characters');
is_deeply(problems(create(name => $_, filter => $santos)),
          ['invalid-name /name'], 'one line without control characters')
    for "a\r\nBcc: b\@example.com", "a\e[31m", "a\tb", "a\x7f";
is_deeply(problems(create(name => 'x', filtr => $santos, 'a/b' => 1)),
          ['unknown-member /a~1b', 'unknown-member /filtr',
           'missing-filter /filter'], 'members that there are not');
is(create(name => 'ã' x 200, filter => { any => [] })->{status}, 201,
   'characters, not bytes');
is_deeply(problems(create(name => 'x')), ['missing-filter /filter'],
          'a filter is required');
is_deeply(problems(create(name => 'x', filter => $santos,
                          description => 'x' x 2001)),
          ['invalid-description /description'], '2,000 characters');
is_deeply(problems(create(description => 1)),
          ['missing-name /name', 'invalid-description /description',
           'missing-filter /filter'], 'all problems together');
is_deeply(problems(create(name => 'x', filter => { all => [
              $santos, { field => 'cidade', op => 'exists' }] })),
          ['unknown-field /filter/all/1/field'], 'an unknown field');
is(create(name => 'x', filter => { field => 'name', op => 'greater_than',
                                   value => 1 })->{status},
   422, 'an operator that does not fit its field');
is(create(name => 'x', filter => { audience =>
              'aud_01hf0000000000000000000000' })->{status},
   422, 'an audience that does not exist');
is(create(name => 'x', filter => { all => [({ any => ['x' x 70000] })] })
       ->{status}, 422, 'a filter of more than 64 KiB');
is($t->post('/v1/audiences', '{"name":"a","name":"b"}')->{status}, 400,
   'duplicate keys');


# --- they follow the data -----------------------------------------------------

$t->import_file('more.csv', "phoneNumber,name,city\n"
                . "11987654304,Davi,Santos\n11987654302,Bia,Campinas\n"
                . "11987654305,Eva,SANTOS\n");
is($t->get("/v1/audiences/$first->{id}")->{json}{count}, 3,
   'after an import the count is new');
is($t->count({ audience => $first->{id} }), 3, 'for the edge too');


# --- edit ---------------------------------------------------------------------

$r = $t->patch("/v1/audiences/$first->{id}", { name => 'Litoral' });
is($r->{status}, 200, 'renamed');
is($r->{json}{name}, 'Litoral', '… the name is new');
is_deeply($r->{json}{filter}, $santos, '… the filter is as it was');
is($r->{json}{description}, 'de Santos', '… the description too');
like($r->{json}{updated_at}, qr/^20\d\d-/, '… and when is known');

$r = $t->patch("/v1/audiences/$first->{id}",
               { filter => { field => 'idade', op => 'exists' } });
is($r->{json}{count}, 3, 'another filter, another count');
is($t->count({ audience => $first->{id} }), 3, 'for the edge too');
$t->patch("/v1/audiences/$first->{id}", { filter => $santos });
is_deeply(problems($t->patch("/v1/audiences/$first->{id}", { name => '' })),
          ['missing-name /name'], 'no name is no change');
is($t->get("/v1/audiences/$first->{id}")->{json}{name}, 'Litoral',
   'indeed none');
is($t->patch('/v1/audiences/aud_01hf0000000000000000000000',
             { name => 'x' })->{status}, 404, 'an unknown one');


# --- audiences of audiences ---------------------------------------------------

my $second = create(name => 'Fora', filter =>
                    { not => { audience => $first->{id} } })->{json};
is($second->{count}, 2, 'who is not in another audience');
my $third = create(name => 'Dentro', filter =>
                   { not => { audience => $second->{id} } })->{json};
is($third->{count}, 3, 'and who is not in that one');

for my $inner ($first, $second, $third) {
    $r = $t->patch("/v1/audiences/$first->{id}", { filter =>
                   { all => [$santos, { audience => $inner->{id} }] } });
    is($r->{json}{type}, '/problems/audience-cycle',
       "an audience does not contain itself ($inner->{name})");
}

$r = $t->delete("/v1/audiences/$first->{id}");
is($r->{status}, 409, 'an audience that another one uses stays');
like($r->{json}{errors}[0]{detail}, qr/Fora/, 'and says which one');
is($r->{json}{errors}[0]{audience}, $second->{id}, '… by its id, too');


# --- list ---------------------------------------------------------------------

sub names { [map { $_->{name} } @{ $t->get("/v1/audiences?$_[0]")->{json}{items} }] }

is_deeply(names('q=dentro'), ['Dentro'], 'search by name');
is_deeply(names('q=DE+SANTOS'), ['Litoral'], 'by description');
is_deeply(names('limit=2'), ['Dentro', 'Fora'], 'the newest first');
is_deeply(names('from=2020-01-01&to=2020-12-31'), [], 'by date');
is(scalar @{ names('from=2020-01-01') }, 4, 'from a day on');
is_deeply(names('type=automatic'), [], 'by type');
is(scalar @{ names('type=manual') }, 4, 'manual ones');
is($t->get($_)->{json}{type}, '/problems/invalid-argument', "$_ is told")
    for '/v1/audiences?type=manuel', '/v1/audiences?from=ontem',
        '/v1/audiences?cursor=x', '/v1/users?to=2026-13-45';
my $page = $t->get('/v1/audiences?limit=3')->{json};
is(scalar @{ $t->get("/v1/audiences?limit=3&cursor=$page->{next}")
                 ->{json}{items} }, 1, 'page by page');
is($t->get('/v1/audiences?q=fora')->{json}{items}[0]{count}, 2, 'with counts');


# --- delete -------------------------------------------------------------------

is($t->delete("/v1/audiences/$third->{id}")->{status}, 204, 'deleted');
is($t->get("/v1/audiences/$third->{id}")->{status}, 404, 'and gone');
is($t->delete("/v1/audiences/$third->{id}")->{status}, 404, 'once');
is($t->delete("/v1/audiences/$second->{id}")->{status}, 204, 'the next');
is($t->delete("/v1/audiences/$first->{id}")->{status}, 204,
   'now nobody uses the first');
$t->wait_for('the edge to know', sub {
    $t->post('/v1/query', { filter => { audience => $first->{id} } })
      ->{status} == 422;
});
pass('the edge does not know it any more');


# --- asked twice --------------------------------------------------------------

my %key = (headers => { 'Idempotency-Key' => 'a-1' });
my $once = $t->post('/v1/audiences', { name => 'Uma', filter => $santos }, %key);
my $twice = $t->post('/v1/audiences', { name => 'Uma', filter => $santos }, %key);
is($twice->{status}, 201, 'the same request under the same key');
is_deeply($twice->{json}, $once->{json}, 'has the same answer');
is(scalar @{ names('q=uma') }, 1, 'and made one audience');
is($t->post('/v1/audiences', { name => 'Outra', filter => $santos }, %key)
     ->{status}, 422, 'another request under it is refused');


# --- they outlive the worker --------------------------------------------------

$t->kill_worker;
is($t->count({ audience => $once->{json}{id} }), 3,
   'membership is answered without the worker');
$t->start_worker;
is_deeply($t->get("/v1/audiences/$once->{json}{id}")->{json}{filter}, $santos,
          'and the audience is there after kill -9');

$t->finish;


sub create { $t->post('/v1/audiences', { @_ }) }


# "slug pointer" of each error.
sub problems
{
    my ($r) = @_;
    return ["status $r->{status}"] unless $r->{status} == 422;
    return [map { $_->{type} =~ s{^/problems/}{}r . ' ' . ($_->{pointer} // '') }
            @{ $r->{json}{errors} }];
}


sub bytes
{
    my ($text) = @_;
    utf8::encode($text);
    return $text;
}
