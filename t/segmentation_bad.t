# Bases in which there is little or nothing to be found: each run ends well, and
# says in words what there was.

use lib 't/lib';
use Audience::Groups;
use Audience::Test;
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ }
                        qw(output failure_output todo_output);

my $t = Audience::Test->start(worker => { 'segmentation.fresh_people' => 2 });
my $made = 0;


# A run over a file, in a tenant of its own.
sub run_over
{
    my ($csv, %settings) = @_;

    utf8::encode($csv);
    my %who = (tenant => 'base' . ++$made);
    $t->import_file('crm.csv', $csv, %who);
    $t->restart_worker(%settings) if %settings;

    my $r = $t->post('/v1/segmentations', {}, %who);
    die "$r->{status} $r->{text}" unless $r->{status} == 202;
    my $job = $t->wait_job($r->{json}{job}, %who);
    is($job->{state}, 'done', 'ends well') or diag($job->{error});

    return $t->get("/v1/segmentations/$r->{json}{id}", %who)->{json};
}


# Rows of numbers 0 to $n - 1, each with cells that a sub gives.
sub rows
{
    my ($header, $n, $cells) = @_;

    return join "\n", "phoneNumber,$header",
        map({ sprintf('119%08d', 60000000 + $_) . ',' . join ',', $cells->($_) }
            0 .. $n - 1), '';
}


sub reasons
{
    my ($run) = @_;
    return { map { $_->{field} => $_->{reason} } @{ $run->{left_out} } };
}


sub nothing_found
{
    my ($run, $outcome) = @_;

    is($run->{outcome}, $outcome, "outcome $outcome");
    is_deeply($run->{audiences}, [], 'no audience');
    is_deeply($t->get('/v1/audiences', tenant => "base$made")->{json}{items},
              [], '… at all');
    isnt($run->{summary}, '', 'said in words');
}


subtest 'two people' => sub {
    my $run = run_over(rows('cor,loja', 2, sub { $_[0] ? qw(a b) : qw(c d) }));

    nothing_found($run, 'no_fields');
    is($run->{profiles}, 2, 'both were seen');
};

subtest 'one field' => sub {
    my $run = run_over(rows('cor', 300, sub { (qw(verde azul))[ $_[0] % 2 ] }));

    nothing_found($run, 'no_groups');
    is_deeply([ map { $_->{field} } @{ $run->{fields} } ], ['cor'],
              'which was looked at');
};

subtest 'all fields empty' => sub {
    my $run = run_over(rows('cor,loja', 50, sub { ('', '') }));

    nothing_found($run, 'no_fields');
    is(reasons($run)->{$_}, 'empty', "$_ is left out as empty")
        for qw(cor loja);
};

subtest 'everybody alike' => sub {
    my $run = run_over(rows('cor,loja', 3000, sub { ('verde', 'Centro') }));

    nothing_found($run, 'no_fields');
    is(reasons($run)->{cor}, 'one_value', 'as there is one value');
};

subtest 'everybody different, in a field of many values' => sub {
    my $n = 0;
    my $run = run_over(rows('código,cor', 5000, sub {
        ("x$_[0]", (qw(verde azul))[ $n++ * 7919 % 13 % 2 ]) }));

    nothing_found($run, 'no_groups');
    is(reasons($run)->{'código'}, 'all_distinct', 'which is left out');
};

subtest 'noise' => sub {
    nothing_found(run_over(Audience::Groups->new(seed => 9)
                             ->csv(noise => 3000)), 'no_groups');
};

subtest 'collinear fields' => sub {
    my $run = run_over(rows('cor,cor2,cor3,loja', 600, sub {
        my $cor = $_[0] * 7919 % 31 % 3;
        ("a$cor", "b$cor", "c$cor", 'l' . ($_[0] * 104729 % 37 % 2)) }));
    my $copies = grep { $_ eq 'same_as' } values %{ reasons($run) };

    ok($copies == 2 || $run->{outcome} eq 'groups',
       'copies are left out, or what they part people by is told');
    ok(@{ $run->{audiences} } < 4, 'and do not multiply groups');
};

subtest 'a group of too few people' => sub {
    my $file = Audience::Groups->new(seed => 4)->csv(fans => 150, buyers => 30);
    my $run = run_over($file, 'segmentation.min_people' => 60);

    is($run->{outcome}, 'groups', 'the large one is an audience');
    is(scalar @{ $run->{audiences} }, 1, '… alone');
    is($run->{too_small}, 1, 'the small one is told');
    ok($_->{size} >= 60, 'none is smaller') for @{ $run->{audiences} };

    $run = run_over($file, 'segmentation.min_people' => 160);
    nothing_found($run, 'too_few_people');
    $t->restart_worker('segmentation.min_people' => 5);
};

subtest 'people of whom nothing is known' => sub {
    my $groups = Audience::Groups->new(seed => 2);
    my $run = run_over($groups->csv(fans => 200, buyers => 100)
        . join '', map { "1196000$_,silent$_,,,,,\n" } 1000 .. 1099);
    my ($in) = map { $t->count({ all => [ { any => [
        map { { audience => $_->{id} } } @{ $run->{audiences} } ] },
        { field => 'name', op => 'starts_with', value => 'silent' } ] },
        tenant => "base$made") } 1;

    is(scalar @{ $run->{audiences} }, 2, 'groups are found beside them');
    is($in, 0, 'they are in none');
    cmp_ok($run->{unassigned}, '>=', 100, '… and counted');
};

subtest 'words that hurt' => sub {
    my %is = (fans => '<b>{{name}}</b>', buyers => '=HYPERLINK("http://x")',
              noise => "\x{202e}abc");
    my $n = 0;
    my $run = run_over(rows('cor,<script>,{{x}}', 400, sub {
        map { my $v = $is{ (qw(fans buyers))[ ($_[0] + ($n++ * 7919 % 11 == 0))
                                              % 2 ] };
              $v =~ s/"/""/g; qq("$v") } 1 .. 3 }));

    is($run->{outcome}, 'groups', 'groups are found');
    for my $audience (@{ $run->{audiences} }) {
        my $a = $t->get("/v1/audiences/$audience->{id}",
                        tenant => "base$made")->{json};
        unlike($_, qr/[<>\x{202e}]|\{\{|https?:/, "harmless: $_")
            for @$a{qw(name description)}, @{ $a->{characteristics} };
    }
};

$t->finish;
