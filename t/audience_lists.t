# Lists of audiences in any order, how large audiences were, and which of them
# share members.

use lib 't/lib';
use Audience::Test;
use utf8;

use Unicode::Normalize 'NFD';

binmode $_, ':utf8' for map { Test::More->builder->$_ }
                        qw(output failure_output todo_output);

my $t = Audience::Test->start;
srand 7;

$t->import_file('crm.csv', people(1 .. 40));


sub people
{
    return join '', "phoneNumber,name,pontos\n",
           map { sprintf "119876%05d,P%d,%d\n", $_, $_, $_ } @_;
}


sub below { { field => 'pontos', op => 'less_than', value => $_[0] } }


sub create
{
    my ($name, $filter) = @_;
    return $t->post('/v1/audiences', { name => $name, filter => $filter })
             ->{json};
}


# --- any order, page by page --------------------------------------------------

my @names = ('Ágata', 'agata', 'ÁGUA', 'Zebra', 'zé', 'Érica', 'erico', '10%',
             'Ação', 'acao', 'são paulo', 'São Luís', '日本');
my @made = map { create($_, below(1 + int rand 12)) }
           @names, map { $names[rand @names] . int rand 3 } 1 .. 20;

$made[$_] = $t->patch("/v1/audiences/$made[$_]{id}", { name => "Novo $_" })
              ->{json} for 3, 30, 11, 7;
$t->patch("/v1/audiences/$made[5]{id}", { filter => below(41) });


sub folded { my $name = lc NFD($_[0]); $name =~ s/\pM//g; $name }

my %key = (
    created => sub { '' },
    updated => sub { $_[0]{updated_at} // '' },
    name    => sub { my $name = folded($_[0]{name}); utf8::encode($name); $name },
    size    => sub { sprintf '%09d', $_[0]{count} },
);


# As it should be: all of them, sorted by one who knows nothing of indexes.
sub sorted
{
    my ($sort) = @_;
    my ($minus, $by) = $sort =~ /^(-?)(\w+)$/;

    my @sorted = map { $_->[1] }
                 sort { $a->[0] cmp $b->[0] || $a->[1]{id} cmp $b->[1]{id} }
                 map { [ $key{$by}->($_), $_ ] }
                 @{ $t->get('/v1/audiences?limit=1000')->{json}{items} };
    return map { $_->{id} } $minus ? reverse @sorted : @sorted;
}


sub walk
{
    my ($args, $limit, $each) = @_;
    my (@ids, $cursor);

    do {
        my $page = $t->get("/v1/audiences?$args&limit=$limit"
                           . ($cursor ? "&cursor=$cursor" : ''))->{json};
        push @ids, map { $_->{id} } @{ $page->{items} };
        $each->($page) if $each;
        $cursor = $page->{next};
    } while ($cursor);

    return @ids;
}


sub every_order
{
    my ($when) = @_;

    is_deeply([ walk("sort=$_", 7) ], [ sorted($_) ], "sort=$_, $when")
        for map { ($_, "-$_") } sort keys %key;
}


every_order('as they were made');
is_deeply([ walk('', 5) ], [ sorted('-created') ], 'the newest first by itself');

push @made, create('Contém', { audience => $made[5]{id} });
every_order('with one more');
$t->patch("/v1/audiences/$made[8]{id}", { name => 'Mais um' });
$t->patch("/v1/audiences/$made[5]{id}", { filter => below(2) });
every_order('after a change of one that another contains');

$t->import_file('more.csv', people(map { 1 + $_ % 5 } 1 .. 9) . "11987699999,Q,30\n");
every_order('after an import');

$t->restart_worker;
every_order('after a new start');

my @seen = walk('sort=name', 4, sub { $t->delete("/v1/audiences/$_[0]{items}[-1]{id}")
                                      if $_[0]{next} });
is(scalar @seen, 34, 'pages go on where the last one of a page is deleted');
every_order('after some were deleted');

is_deeply([ map { $_->{name} } @{ $t->get('/v1/audiences?q=AGATA&sort=-name')
                                    ->{json}{items} } ],
          [ reverse grep { folded($_) =~ /agata/ }
            map { $_->{name} } @{ $t->get('/v1/audiences?sort=name&limit=1000')
                                    ->{json}{items} } ],
          'a search in order');
is_deeply([ walk('sort=size&type=automatic', 5) ], [], 'a type');
is_deeply([ walk('sort=size&to=2020-01-01', 5) ], [], 'a time');

my $next = $t->get('/v1/audiences?sort=name&limit=2')->{json}{next};
my ($id) = $next =~ /^(aud_\w+)/;
is($t->get("/v1/audiences?$_")->{json}{type}, '/problems/invalid-argument',
   "$_ is told")
    for 'sort=nome', 'sort=-', "sort=size&cursor=$next", "cursor=$next",
        "sort=name&cursor=$id", "sort=name&cursor=$id.nxx",
        "sort=size&cursor=$id.s", "sort=size&cursor=$id.s1x",
        "sort=updated&cursor=$id.s1", "sort=name&cursor=$id.n1";
is($t->get("/v1/audiences?sort=name&cursor=$next", tenant => 'six')
     ->{json}{next}, undef, 'a cursor of another tenant leads nowhere');


# --- how large they were --------------------------------------------------------

my $few = create('Few', below(3));
is_deeply(sizes($few), [ 2 ], 'an audience begins with its size');
is_deeply($few->{sizes}[0]{at}, substr($few->{created_at}, 0, 19) . 'Z',
          '… when it was made');
is(sprintf('%.4f', $few->{sizes}[0]{share}), sprintf('%.4f', 2 / 41),
   '… with its share of the base');
is_deeply(now_of($few)->{sizes}, $few->{sizes}, '… and is read so');
ok(!exists $t->get('/v1/audiences?limit=1')->{json}{items}[0]{sizes},
   '… but not in lists');

is_deeply(sizes($t->patch("/v1/audiences/$few->{id}", { name => 'Some' })
                  ->{json}), [ 2 ], 'another name is no other size');
is_deeply(sizes($t->patch("/v1/audiences/$few->{id}", { filter => below(6) })
                  ->{json}), [ 2, 5 ], 'another filter is one');
is_deeply(sizes(now_of($few)), [ 2, 5 ], '… and stays');

$t->import_file('again.csv', "phoneNumber,pontos\n11987600001,50\n");
is_deeply(sizes(now_of($few)), [ 2, 5 ], 'data are counted later');
counted();
is_deeply(sizes(now_of($few)), [ 2, 5, 4 ], '… once in a while');
my $other = create('Other', below(2));
counted();
is_deeply(sizes(now_of($few)), [ 2, 5, 4 ], '… which adds what is new alone');
is_deeply($t->get("/v1/audiences/$few->{id}", tenant => 'six')->{status}, 404,
          'other tenants see none of it');


sub now_of { $t->get("/v1/audiences/$_[0]{id}")->{json} }
sub sizes  { [ map { $_->{size} } @{ $_[0]{sizes} } ] }


# The worker looks at its start, and then each minute, for what is due.
sub counted
{
    my $before = jobs();

    $t->wait_for('sizes to be counted', sub {
        $t->restart_worker('audiences.sizes_seconds' => 1);
        $t->wait_for('jobs', sub {
            !grep { $_->{state} !~ /^(?:done|dead|cancelled)$/ }
                  @{ $t->get('/v1/jobs')->{json}{items} }
        });
        jobs() > $before;
    });
}


sub jobs
{
    return scalar grep { $_->{type} eq 'sizes' && $_->{state} eq 'done' }
                  @{ $t->get('/v1/jobs?limit=1000')->{json}{items} };
}


# --- who shares members ---------------------------------------------------------

my $r = $t->get("/v1/audiences/$few->{id}/overlaps?limit=5")->{json};
my @all = grep { $_->{id} ne $few->{id} }
          @{ $t->get('/v1/audiences?limit=1000')->{json}{items} };
my %both = map { $_->{id} => $t->count({ all => [ { audience => $few->{id} },
                                                  { audience => $_->{id} } ] }) }
           @all;
my @order = sort { $both{$b} <=> $both{$a} || $b cmp $a }
            grep { $both{$_} } keys %both;

is($r->{count}, 4, 'its members');
is($r->{others}, @all, 'all others');
is($r->{compared}, @all, '… were compared');
is($r->{overlapping}, @order, 'those that share members');
is_deeply([ map { $_->{audience} } @{ $r->{items} } ], [ @order[0 .. 4] ],
          '… the most first');
is_deeply([ map { $_->{both} } @{ $r->{items} } ], [ @both{@order[0 .. 4]} ],
          '… as many as a query says');
is_deeply([ map { $_->{share} } @{ $r->{items} } ],
          [ map { $_->{both} / 4 } @{ $r->{items} } ], '… its share');
is_deeply([ grep { abs($_->{share_of_it} - $_->{both} / $_->{count}) > 1e-9 }
            @{ $r->{items} } ], [], '… and the share of the other');

my $nobody = create('Nobody', below(0));
$r = $t->get("/v1/audiences/$nobody->{id}/overlaps")->{json};
is_deeply([ @$r{qw(count overlapping)}, scalar @{ $r->{items} } ], [ 0, 0, 0 ],
          'nobody is in no other');
is($t->get("/v1/audiences/$_/overlaps")->{status}, 404, "$_ is not found")
    for 'aud_01hf0000000000000000000000', 'imp_1';
is($t->get("/v1/audiences/$few->{id}/overlaps", tenant => 'six')->{status}, 404,
   'nor one of another tenant');
is($t->get("/v1/audiences/$few->{id}/overlaps?limit=0")->{status}, 400,
   'a limit is one');


# --- whose audiences --------------------------------------------------------------

my $people = $t->query({ all => [] }, limit => 1000)->{profiles};
my %belongs;

for my $audience (@{ $t->get('/v1/audiences?limit=1000')->{json}{items} }) {
    push @{ $belongs{ $_->{id} } }, $audience->{id}
        for @{ $t->query({ audience => $audience->{id} }, limit => 1000)->{profiles} };
}

my @wrong = grep {
    my $got = $t->get("/v1/profiles/$_->{id}/audiences?limit=1000")->{json};
    "@{[ map { $_->{audience} } @{ $got->{items} } ]}"
        ne "@{[ reverse sort @{ $belongs{ $_->{id} } || [] } ]}"
        || $got->{compared} != $got->{audiences};
} @$people;

cmp_ok(scalar(keys %belongs), '>', 1, 'people belong to audiences');
is_deeply(\@wrong, [], '… and are told which, the newest first');
my ($someone) = sort { @{ $belongs{$b} } <=> @{ $belongs{$a} } } keys %belongs;
$r = $t->get("/v1/profiles/$someone/audiences?limit=2")->{json};
is(@{ $r->{items} }, 2, '… so many as were asked for');
is($t->get("/v1/profiles/$_/audiences")->{status}, 404, "$_ is not found")
    for 'prf_01hf0000000000000000000000', 'imp_1';
is($t->get("/v1/profiles/$someone/audiences", tenant => 'six')->{status}, 404,
   'nor one of another tenant');


my ($cursor, $steps, @found) = ('', 0);

do {
    $r = $t->get("/v1/profiles/$someone/audiences?limit=1$cursor")->{json};
    push @found, @{ $r->{items} };
    $cursor = '&cursor=' . ($r->{next} // '');
    $steps++;
} while ($r->{next});

is_deeply([ map { $_->{audience} } @found ], [ reverse sort @{ $belongs{$someone} } ],
          '… and the next ones behind them');
cmp_ok($steps, '>', 2, '… one at a time');
is($r->{compared}, $r->{audiences}, '… until all were looked at');
is($t->get("/v1/profiles/$someone/audiences?cursor=$_")->{json}{type},
   '/problems/invalid-argument', "a cursor is not '$_'") for '', 'prf_1';


# --- many of them ---------------------------------------------------------------------

# What a call costs is told by the metrics: how many records, filters and entries
# it took, whatever the machine does.
sub work
{
    my ($path) = @_;
    my %before = works();

    die "$path\n" if $t->get($path)->{status} != 200;

    my %now = works();
    return { map { $_ => $now{$_} - $before{$_} } keys %now };
}


sub works
{
    return $t->get('/metrics')->{text}
           =~ /^audience_audiences_work_total\{what="(\w+)"\} (\d+)$/mg;
}


sub pages { map { "/v1/audiences?limit=20$_" } '', '&sort=created', '&sort=-name',
            '&sort=size', '&sort=-updated', '&q=numero+1', '&type=manual',
            "&cursor=$made[9]{id}" }

my %of_few;

for my $many (100, 400) {
    create("Numero $_", below($_)) for $many == 100 ? 1 .. 100 : 101 .. 400;

    for my $page (pages()) {
        my $work = work($page);

        cmp_ok($work->{records}, '<=', 20, "$page reads what it shows");
        cmp_ok($work->{counts}, '<=', 1,
               '… and counts none but one that contains another');
        $of_few{$page} //= $work->{entries};

        # Others stand in no order, and are looked at in memory.
        is($work->{entries}, $of_few{$page},
           "… and is found as soon among $many") if $page !~ /sort=-?[sun]|q=/;
    }
}

like($t->get('/v1/audiences?limit=20&sort=-size')->{json}{uncounted}, qr/^\d+$/,
     'an order by size says how many sizes are of before');
is($t->get('/v1/audiences?limit=20')->{json}{uncounted}, undef,
   '… which another order has no need of');


# --- who asks ---------------------------------------------------------------------

is_deeply([ @{ $t->get('/v1/me')->{json} }{qw(id email language mail)} ],
          [ 'demo@example.com', 'demo@example.com', 'pt-BR', 'outbox' ],
          'who asks, and that e-mails stay here');

$t->finish;
