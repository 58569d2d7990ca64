# Segments are derived data: lost, they are made again from the source records.

use lib 't/lib';
use Audience::Test;

my $t = Audience::Test->start;

$t->import_file('one.csv', "phoneNumber,name,valor\n"
                . "11987654301,Ana,1\n11987654302,Bia,2\n");
$t->import_file('two.csv', "phoneNumber,name,valor\n"
                . "11987654302,Beatriz,3\n11987654303,Caio,4\n");
my $audience = $t->post('/v1/audiences', { name => 'B', filter =>
    { field => 'valor', op => 'greater_than', value => 2 } })->{json};

my $before = $t->query({ all => [] });
my $fields = $t->get('/v1/fields')->{json};
my $rebuilds = 0;

for my $damage ('a segment is lost', 'a segment is damaged',
                'a segment is of an older version', 'the manifest is lost',
                'all of it is lost')
{
    $t->expect_worker(qr/"base unusable"/);
    $t->stop_worker;

    # the last one: older ones may be there for readers of an older manifest
    my @segments = glob "$t->{root}/segments/demo/*.seg";
    my $manifest = "$t->{root}/segments/demo/MANIFEST";

    if ($damage eq 'a segment is lost') {
        unlink $segments[-1];

    } elsif ($damage eq 'a segment is damaged') {
        open my $file, '+<', $segments[-1] or die;
        seek $file, (-s $segments[-1]) / 2, 0;
        print {$file} 'damage';
        close $file;

    } elsif ($damage eq 'a segment is of an older version') {
        open my $file, '+<', $segments[-1] or die;
        seek $file, 8, 0;
        print {$file} pack 'V', 1;
        close $file;

    } elsif ($damage eq 'the manifest is lost') {
        unlink $manifest;

    } else {
        unlink glob "$t->{root}/segments/demo/*";
    }

    $t->start_worker;
    $rebuilds++;
    $t->wait_for('the rebuild', sub {
        $rebuilds == grep { $_->{type} eq 'rebuild' && $_->{state} eq 'done' }
                          @{ $t->get('/v1/jobs')->{json}{items} };
    });
    $t->wait_visible;

    my $after = $t->query({ all => [] });
    is_deeply($after->{profiles}, $before->{profiles},
              "$damage: all profiles are there again");
    is_deeply($t->get('/v1/fields')->{json}, $fields, '… and fields');
    is($t->count({ audience => $audience->{id} }), 2, '… and audiences');
}

$t->import_file('three.csv', "phoneNumber,name\n11987654301,Ana Maria\n");
is($t->count({ field => 'name', op => 'equals', value => 'ana maria' }), 1,
   'and imports go on');

$t->finish;
