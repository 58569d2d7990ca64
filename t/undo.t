# An import is undone: the base is as if it had never been, the import says so,
# and a worker that is killed meanwhile ends what it began.

use lib 't/lib';
use Audience::Test;

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });


# Everybody, without what differs between two ways to the same base.
sub people
{
    my (%who) = @_;

    my $found = $t->query({ all => [] }, limit => 1000, %who);
    my @people = map { +{ id => $_->{id}, %{ $_->{fields} } } }
                 @{ $found->{profiles} };
    return [sort { $a->{id} cmp $b->{id} } @people];
}


sub fields
{
    my $list = $t->get('/v1/fields', @_)->{json};
    return $list->{items} || $list->{fields} || $list;
}


sub wait_undone
{
    my ($id, %who) = @_;

    my $import = $t->wait_state("/v1/imports/$id", qr/^undone$/, %who);
    $t->wait_visible(%who);
    return $import;
}


$t->import_file('crm.csv', "phoneNumber,email,name,idade\n"
                           . "11987654321,,Ana,30\n"
                           . ",ana\@x.com,Ana Silva,31\n"
                           . "11987654322,bia\@x.com,Bia,20\n");
my $before = people();
my $fields = fields();
is(@$before, 3, 'three people');
is($before->[0]{name}, 'Ana', '… of whom all is known') or diag(explain($before));

my $import = $t->import_file('loja.csv',
    "phoneNumber,email,name,idade,time\n"
    . "11987654321,ana\@x.com,Ana Silva,muita,Bahia\n"
    . "11987654323,,Caio,,Vasco\n12,,Davi,,\n");
is($import->{profiles}{joined}, 1, 'two of them are one, another file says');
is(@{ people() }, 3, '… and brings a third');
is($t->get("/v1/imports/$import->{id}/errors.csv")->{status}, 200,
   '… and a row that is none');

my $path = "/v1/imports/$import->{id}";
my $r = $t->delete($path, user => 'ana@example.com');
is($r->{status}, 202, 'it is undone');
is($r->{json}{state}, 'undoing', '… soon');
is($r->{json}{undo}{by}, 'ana@example.com', '… by somebody');
my $job = $r->{json}{undo}{job};
my $undone = wait_undone($import->{id});
is($t->wait_job($job)->{type}, 'resolve', '… by a job');
is_deeply(people(), $before, 'everybody is as before');
is_deeply(fields(), $fields, 'fields and their types too');
is_deeply([map { $_->{state} } @{ $undone->{history} }],
          [qw(queued running succeeded undone)], 'the import tells its story');
is($t->get("$path/errors.csv")->{json}{type}, '/problems/import-undone',
   'nothing is kept of its rows');

$r = $t->delete($path);
is($r->{status}, 200, 'once more');
is($r->{json}{undo}{job}, $job, '… needs no other job');
is_deeply(people(), $before, '… and changes nothing');

is($t->delete('/v1/imports/imp_none')->{status}, 404, 'no such import');
is($t->delete($path, tenant => 'other')->{status}, 404, "another tenant's");

my $again = $t->import_file('loja.csv', "phoneNumber,time\n11987654321,Bahia\n");
is($t->count({ field => 'time', op => 'equals', value => 'bahia' }), 1,
   'the same rows may come again');
$r = $t->delete("/v1/imports/$again->{id}",
                headers => { 'Idempotency-Key' => 'undo-1' });
my $replayed = $t->delete("/v1/imports/$again->{id}",
                          headers => { 'Idempotency-Key' => 'undo-1' });
is($replayed->{json}{undo}{job}, $r->{json}{undo}{job},
   'a request that is sent twice is answered alike');
wait_undone($again->{id});
is_deeply(people(), $before, 'and go again');


# --- not before it has finished -----------------------------------------------

$t->hold_jobs('import:started');
$import = $t->upload('later.csv', "phoneNumber\n11987654329\n")->{json};
$r = $t->delete("/v1/imports/$import->{id}");
is($r->{status}, 409, 'an import that runs cannot be undone');
is($r->{json}{type}, '/problems/import-not-finished', '… and says why');
$t->release_jobs;
$t->wait_import($import->{id});
$t->restart_worker('import.area_code' => '11');
is($t->delete("/v1/imports/$import->{id}")->{status}, 202, '… but then');
wait_undone($import->{id});
is_deeply(people(), $before, '… and leaves nothing');

$import = $t->wait_import($t->upload('bad.csv', "phoneNumber\n12\n")->{json}{id});
is($import->{state}, 'failed', 'an import that failed');
is($t->delete("/v1/imports/$import->{id}")->{status}, 202, '… may go too');
wait_undone($import->{id});


# --- a worker that is killed meanwhile ----------------------------------------

for my $point (qw(started prepared committed returned)) {
    my $import = $t->import_file('loja.csv',
        "phoneNumber,email,time\n11987654321,ana\@x.com,Bahia\n"
        . "11987654322,,Vasco\n");

    $t->stop_worker;
    $t->start_worker(env => { AUDIENCE_FAULT => "resolve:$point" });
    $t->delete("/v1/imports/$import->{id}");
    $t->reap('worker', 120) // die "the worker lives\n";
    $t->start_worker;
    wait_undone($import->{id});
    is_deeply(people(), $before, "killed when $point: undone all the same");
    is_deeply(fields(), $fields, '… to the last field');
}

$t->finish;
